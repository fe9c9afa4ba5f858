#!/usr/bin/python3
"""mbsync keeps a Maildir and an account alike, in both directions."""
import imaplib, mailbox, os, secrets, shutil, ssl, subprocess, sys, tempfile

if not shutil.which('mbsync'):
    print('SKIP mbsync: not installed (Debian package isync)')
    sys.exit(0)

E = os.environ
TLS = ssl.create_default_context(cafile=E['CA_FILE'])
home = tempfile.mkdtemp(prefix='mbsync-')
top = 'Sync' + secrets.token_hex(4)
conf = '''IMAPAccount a
Host %s
Port %s
User %s
PassCmd "cat %s/pass"
SSLType IMAPS
CertificateFile %s

IMAPStore far
Account a

MaildirStore near
Path %s/
Inbox %s/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns %s*
Create Both
Remove Both
Expunge Both
SyncState *
''' % (E['MAIL_HOST'], E['IMAPS_PORT'], E['USER2'], home, E['CA_FILE'], home, home, top)


def sync():
    subprocess.run(['mbsync', '-c', home + '/rc', 'c'], check=True, timeout=60, env=dict(E, HOME=home), stdout=subprocess.DEVNULL)


def ok(pair):
    assert pair[0] == 'OK', pair
    return pair[1]


def subjects(c):
    ok(c.select(top))
    out = {}
    for item in ok(c.fetch('1:*', '(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')):
        if isinstance(item, tuple):
            out[item[1].split(b':')[1].strip().decode()] = item[0]
    return out


try:
    for name, text in (('rc', conf), ('pass', E['PASS2'])):
        with open(os.path.join(home, name), 'w') as f:
            f.write(text)
        os.chmod(f.name, 0o600)
    c = imaplib.IMAP4_SSL(E['MAIL_HOST'], int(E['IMAPS_PORT']), ssl_context=TLS)
    ok(c.login(E['USER2'], E['PASS2']))
    ok(c.create(top))
    for n in range(30):
        ok(c.append(top, '\\Seen' if n % 2 else '', None, b'Subject: far%d\r\n\r\n.\r\nbody\r\n' % n))
    sync()
    box = mailbox.Maildir(os.path.join(home, top), create=False)
    assert len(box) == 30, len(box)
    new = mailbox.MaildirMessage(b'Subject: near\n\nfrom here\n')
    new.set_flags('FS')
    new.set_subdir('cur')
    box.add(new)
    gone = next(k for k in box.keys() if box[k]['Subject'] == 'far3')
    box.remove(gone)
    ok(c.select(top))
    ok(c.store('5', '+FLAGS', '(\\Flagged)'))
    ok(c.store('7', '+FLAGS', '(\\Deleted)'))
    ok(c.expunge())
    sync()
    far = subjects(c)
    assert len(far) == 29, len(far)
    assert b'\\Flagged' in far['near'] and b'\\Seen' in far['near'], far['near']
    assert 'far3' not in far and 'far6' not in far, sorted(far)
    near = {box[k]['Subject']: box[k].get_flags() for k in mailbox.Maildir(os.path.join(home, top), create=False).keys()}
    assert sorted(near) == sorted(far), (sorted(near), sorted(far))
    assert 'F' in near['far4'], near['far4']
    sync()
    assert len(subjects(c)) == 29
    ok(c.select('INBOX'))
    ok(c.delete(top))
    c.logout()
    print('PASS mbsync: new messages, flags and deletions go both ways')
except Exception as e:
    print('FAIL mbsync: %s: %s' % (type(e).__name__, e))
    sys.exit(1)
finally:
    shutil.rmtree(home, ignore_errors=True)
