#!/usr/bin/python3
"""Python's own smtplib, imaplib and poplib: submission, folders, flags, and octets that come back as they went."""
import imaplib, os, poplib, re, secrets, smtplib, ssl, sys, time

E = os.environ
HOST = E['MAIL_HOST']
USER1, PASS1, USER2, PASS2 = E['USER1'], E['PASS1'], E['USER2'], E['PASS2']
TLS = ssl.create_default_context(cafile=E['CA_FILE'])
failed = 0


def port(name):
    return int(E[name + '_PORT'])


def check(what, fn):
    global failed
    try:
        fn()
        print('PASS python: ' + what, flush=True)
    except Exception as e:
        failed += 1
        print('FAIL python: %s: %s: %s' % (what, type(e).__name__, e), flush=True)


def same(a, b, what):
    if a != b:
        raise AssertionError('%s: %r is not %r' % (what, a if len(repr(a)) < 300 else '…', b if len(repr(b)) < 300 else '…'))


def ok(pair):
    if pair[0] != 'OK':
        raise AssertionError(pair)
    return pair[1]


def imap(user=USER2, password=PASS2):
    c = imaplib.IMAP4_SSL(HOST, port('IMAPS'), ssl_context=TLS)
    c.login(user, password)
    return c


def odd(subject):
    """8-bit text, a line of 998 octets, lines that begin with dots, trailing blanks."""
    return ('From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n'
            'Date: Tue, 3 Nov 2026 10:00:00 +0300\r\nMessage-ID: <%s@client.test>\r\n\r\n'
            'Gr\u00fc\u00dfe \u65e5\u672c\r\n.\r\n..\r\n.leading\r\n%s\r\nblank at the end \t \r\n\r\n\r\n' % (USER1, USER2, subject, subject, 'x' * 998)).encode()


def find(c, subject, box='INBOX', seconds=10):
    end = time.time() + seconds
    while True:
        c.select(box)
        found = ok(c.uid('SEARCH', 'SUBJECT', subject))[0].split()
        if found:
            return found
        if time.time() > end:
            raise AssertionError('%s is not in %s' % (subject, box))
        time.sleep(0.1)


def submit_and_compare():
    for how in ('starttls', 'tls', 'mx'):
        subject = 'py' + secrets.token_hex(6)
        message = odd(subject)
        if how == 'tls':
            s = smtplib.SMTP_SSL(HOST, port('SMTPS'), context=TLS)
        else:
            s = smtplib.SMTP(HOST, port('SMTP') if how == 'starttls' else port('MX') if 'MX_PORT' in E else port('SMTP'))
            s.starttls(context=TLS)
        sender = USER1
        if how == 'mx':
            sender = 'stranger@else.test'
        else:
            s.login(USER1, PASS1)
        s.sendmail(sender, [USER2], message, ['BODY=8BITMIME'])
        s.quit()
        with imap() as c:
            uid = find(c, subject)[0]
            got = ok(c.uid('FETCH', uid, '(RFC822.SIZE BODY.PEEK[])'))[0]
        size = int(re.search(rb'RFC822.SIZE (\d+)', got[0]).group(1))
        same(size, len(got[1]), how + ': size')
        same(got[1][-len(message):], message, how + ': IMAP octets')
        p = poplib.POP3_SSL(HOST, port('POP3S'), context=TLS)
        p.user(USER2)
        p.pass_(PASS2)
        n = len(p.list()[1])
        _, lines, _ = p.retr(n)
        p.quit()
        same((b'\r\n'.join(lines) + b'\r\n')[-len(message):], message, how + ': POP3 octets')


def append_without_newline():
    message = b'Subject: bare\r\n\r\nno newline at the end'
    with imap() as c:
        # imaplib mends line ends, so the command is written by hand
        tag = c._new_tag()
        c.send(tag + b' APPEND INBOX {%d}\r\n' % len(message))
        c.readline()
        c.send(message + b'\r\n')
        line = c.readline()
        while not line.startswith(tag):
            line = c.readline()
        uid = re.search(rb'APPENDUID \d+ (\d+)', line).group(1)
        c.select('INBOX')
        same(ok(c.uid('FETCH', uid, '(BODY.PEEK[])'))[0][1], message, 'octets')
        same(ok(c.uid('FETCH', uid, '(BODY.PEEK[TEXT]<3.7>)'))[0][1], b'newline', 'partial')


def folders():
    run = secrets.token_hex(4)
    with imap() as c:
        ok(c.create('"a%s/b &- c"' % run))
        ok(c.append('"a%s/b &- c"' % run, '(\\Flagged $Work)', None, b'Subject: one\r\n\r\n1\r\n'))
        ok(c.rename('a' + run, '"Trash/a%s"' % run))
        names = b' '.join(ok(c.list('""', '"Trash/*"')))
        if b'Trash/a%s/b &- c' % run.encode() not in names:
            raise AssertionError(names)
        ok(c.select('"Trash/a%s/b &- c"' % run))
        flags = ok(c.fetch('1', '(FLAGS)'))[0]
        if b'$Work' not in flags or b'\\Flagged' not in flags:
            raise AssertionError(flags)
        ok(c.copy('1', 'Archive'))
        ok(c.uid('MOVE', '1', 'Junk'))
        same(ok(c.search(None, 'ALL')), [b''], 'left')
        for name in ('"Trash/a%s/b &- c"', 'Trash/a%s'):
            ok(c.delete(name % run))


def utf8_names():
    name = '"Entw\u00fcrfe & %s/\u65e5\u672c"' % secrets.token_hex(4)
    with imap() as c, imap() as old:
        ok(c.enable('UTF8=ACCEPT'))
        ok(c.create(name))
        listed = b' '.join(ok(c.list('""', '"Entw*"')))
        if name.encode() not in listed:
            raise AssertionError(listed)
        if b'"Entw&APw-rfe &- ' not in b' '.join(ok(old.list('""', '"Entw*"'))):
            raise AssertionError('a client that did not ask is told UTF-8')
        # without the marker of UTF-8, which this client writes into the message itself
        ok(old.append('INBOX', None, None, 'Subject: Gr\u00fc\u00dfe\r\n\r\nx\r\n'.encode()))
        ok(c.select('INBOX'))
        found = ok(c.search(None, 'SUBJECT', '"gr\u00fc\u00dfe"'))[0].split()
        ok(c.copy(found[-1].decode(), name))
        same(ok(c.select(name)), [b'1'], 'copied')
        ok(c.unselect())
        ok(c.delete(name))
        ok(c.delete(name.split('/')[0] + '"'))


def pop3_delete():
    with imap() as c:
        before = int(ok(c.select('INBOX'))[0])
        p = poplib.POP3(HOST, port('POP3'))
        p.stls(context=TLS)
        p.user(USER2)
        p.pass_(PASS2)
        same(len(p.list()[1]), before, 'messages')
        p.dele(1)
        p.quit()
        c.noop()
        same(int(ok(c.select('INBOX'))[0]), before - 1, 'after UPDATE')


def refusals():
    with imaplib.IMAP4(HOST, port('IMAP')) as c:
        if b'LOGINDISABLED' not in ok(c.capability())[0]:
            raise AssertionError('a password may be sent in clear')
    for wrong in (lambda: imap(USER1, 'wrong'), lambda: imap('nobody@' + E['MAIL_DOMAIN'], 'wrong')):
        try:
            wrong()
        except imaplib.IMAP4.error:
            continue
        raise AssertionError('a wrong password was taken')
    s = smtplib.SMTP(HOST, port('MX'))
    try:
        s.sendmail('a@else.test', ['b@elsewhere.test'], b'Subject: relay\r\n\r\n')
    except smtplib.SMTPRecipientsRefused as e:
        same(list(e.recipients.values())[0][0], 550, 'relay')
    else:
        raise AssertionError('an open relay')


check('submission, octets unchanged by IMAP and POP3', submit_and_compare)
check('APPEND without a final newline', append_without_newline)
check('folders below Trash, keywords, COPY, MOVE', folders)
check('names and texts in UTF-8 (UTF8=ACCEPT)', utf8_names)
check('POP3 deletes in UPDATE, IMAP sees it', pop3_delete)
check('no password in clear, no wrong password, no relay', refusals)
sys.exit(1 if failed else 0)
