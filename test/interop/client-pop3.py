#!/usr/bin/python3
"""fetchmail, mpop, getmail and curl empty a maildrop over STLS and TLS, leave it as it is, and know again what they have fetched."""
import imaplib, os, poplib, re, secrets, shutil, ssl, subprocess, sys, tempfile

E = os.environ
HOST, USER, PASSWORD, CA = E['MAIL_HOST'], E['USER2'], E['PASS2'], E['CA_FILE']
TLS = ssl.create_default_context(cafile=CA)
failed = 0


def check(what, program, fn):
    global failed
    if not shutil.which(program):
        print('SKIP pop3: %s: %s is not installed' % (what, program), flush=True)
        return
    with tempfile.TemporaryDirectory(prefix='pop3-') as home:
        try:
            fn(home)
            print('PASS pop3: ' + what, flush=True)
        except Exception as e:
            failed += 1
            print('FAIL pop3: %s: %s: %s' % (what, type(e).__name__, e), flush=True)


def same(found, expected, what):
    if found != expected:
        raise AssertionError('%s: %.400r is not %.400r' % (what, found, expected))


def message(subject, body, header=''):
    return ('Subject: %s\nFrom: Ann <ann@far.test>\nTo: %s\nDate: Tue, 3 Nov 2026 10:00:00 +0300\nMessage-ID: <%s@far.test>\n%s\n%s' % (
        subject, USER, secrets.token_hex(8), header, body)).encode()


MIME = 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n'


def messages():
    return [
        message('one', 'body\n'),
        message('dots', '.\n..\n.leading\n\n.\n'),
        message('eight bits', 'Gr\u00fc\u00dfe \u65e5\u672c\n', MIME),
        message('long', ('x' * 70 + '\n') * 5000),
        message('blank lines at the end', 'x \t \n\n\n'),
    ]


def imap():
    c = imaplib.IMAP4_SSL(HOST, int(E['IMAPS_PORT']), ssl_context=TLS)
    c.login(USER, PASSWORD)
    c.select('INBOX')
    return c


def fill(*octets):
    with imap() as c:
        for each in octets:
            kind, data = c.append('INBOX', None, None, each.replace(b'\n', b'\r\n'))
            assert kind == 'OK', data


def empty():
    with imap() as c:
        c.store('1:*', '+FLAGS.SILENT', r'(\Deleted)') if c.uid('SEARCH', 'ALL')[1][0] else None
        c.expunge()


def left():
    with imap() as c:
        return len(c.uid('SEARCH', 'ALL')[1][0].split())


def private(path, text):
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, 0o600)


def run(home, command, codes=(0,)):
    # Nothing of the user who runs it, and no proxy or display of his.
    done = subprocess.run(command, timeout=120, capture_output=True, env={'HOME': home, 'PATH': E['PATH'], 'LC_ALL': 'C.UTF-8', 'USER': 'ben', 'LOGNAME': 'ben'})
    if done.returncode not in codes:
        raise AssertionError('%s: exit %d: %s' % (command[0], done.returncode, (done.stdout + done.stderr).decode(errors='replace')[-800:]))
    return done.stdout


def fetched(folder):
    """What was delivered since the last call."""
    out = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), 'rb') as f:
            out.append(f.read().replace(b'\r\n', b'\n'))
        os.remove(os.path.join(folder, name))
    return out


def whole(found, expected):
    """Every message once, with all its lines; in front the programs put some of their own, and leave out Return-Path."""
    same(len(found), len(expected), 'messages fetched')
    for octets in expected:
        header, body = octets.split(b'\n\n', 1)
        mine = [each for each in found if header.split(b'\n')[4] in each]
        same(len(mine), 1, 'deliveries of one message')
        head, rest = mine[0].split(b'\n\n', 1)
        same(rest.rstrip(b'\n'), body.rstrip(b'\n'), 'body')
        missing = [line for line in header.split(b'\n') if line not in head.split(b'\n')]
        same(missing, [], 'missing header lines')


def scenario(fetch, folder):
    """`fetch(keep)` runs the program once."""
    empty()
    first = messages()
    fill(*first)
    fetch(True)
    whole(fetched(folder), first)
    same(left(), len(first), 'left after keeping all')
    fetch(True)
    whole(fetched(folder), [])
    more = message('more', 'later\n')
    fill(more)
    fetch(True)
    whole(fetched(folder), [more])
    empty()
    last = messages()
    fill(*last)
    fetch(False)
    whole(fetched(folder), last)
    same(left(), 0, 'left after fetching all')
    fetch(False)
    whole(fetched(folder), [])


def maildir(home):
    for name in ('cur', 'new', 'tmp'):
        os.makedirs(os.path.join(home, 'Mail', name))
    return os.path.join(home, 'Mail', 'new')


def mda(home, behind=''):
    """A program that keeps each message in a file, and its folder."""
    folder, path = os.path.join(home, 'in'), os.path.join(home, 'mda')
    os.mkdir(folder)
    private(path, '#!/bin/sh\ncat > %s/$$%s\n' % (folder, behind))
    os.chmod(path, 0o700)
    return path, folder


def fetchmail(implicit, protocol='POP3', secret=PASSWORD):
    def play(home):
        path, folder = mda(home)

        def fetch(keep):
            private(os.path.join(home, 'rc'), 'set idfile "%s/ids"\nset pidfile "%s/pid"\nset no syslog\n'
                    'poll %s service %s protocol %s uidl timeout 30\n'
                    '  user "%s" password "%s" is ben here %s sslcertck sslcertfile "%s" sslcertpath "%s" %s no rewrite mda "%s"\n'
                    % (home, home, HOST, E['POP3S_PORT' if implicit else 'POP3_PORT'], protocol, USER, secret.replace('"', '\\042'),
                       'ssl' if implicit else 'sslproto "TLS1.2+"', CA, home, 'keep' if keep else 'nokeep fetchall', path))
            # 1: there was nothing to fetch.
            run(home, ['fetchmail', '-f', os.path.join(home, 'rc')], (0, 1))

        scenario(fetch, folder)
    return play


def mpop(implicit, method='on', secret=PASSWORD):
    def play(home):
        folder = maildir(home)
        private(os.path.join(home, 'pass'), secret)

        def fetch(keep):
            private(os.path.join(home, 'rc'), 'account default\nhost %s\nport %s\ntls on\ntls_starttls %s\ntls_trust_file %s\nuser %s\npasswordeval cat %s/pass\n'
                    'auth %s\nkeep %s\nuidls_file %s/uidls\ndelivery maildir %s/Mail\nreceived_header off\n'
                    % (HOST, E['POP3S_PORT' if implicit else 'POP3_PORT'], 'off' if implicit else 'on', CA, USER, home, method, 'on' if keep else 'off', home, home))
            run(home, ['mpop', '-C', os.path.join(home, 'rc')])

        scenario(fetch, folder)
    return play


def getmail(home):
    # Into a Maildir it refuses to deliver when root runs it; and it may miss that a program which ends at once has ended (6.18).
    path, folder = mda(home, ' && sleep 0.3')

    def fetch(keep):
        private(os.path.join(home, 'rc'), '[retriever]\ntype = SimplePOP3SSLRetriever\nserver = %s\nport = %s\nusername = %s\npassword = %s\nca_certs = %s\n'
                '[destination]\ntype = MDA_external\npath = %s\nallow_root_commands = true\n[options]\nread_all = false\ndelete = %s\nmessage_log = %s/log\n'
                % (HOST, E['POP3S_PORT'], USER, PASSWORD, CA, path, 'false' if keep else 'true', home))
        run(home, ['getmail', '--getmaildir', home, '--rcfile', 'rc'])

    scenario(fetch, folder)


def curl(implicit):
    url = '%s://%s:%s/' % (('pop3s', HOST, E['POP3S_PORT']) if implicit else ('pop3', HOST, E['POP3_PORT']))

    def play(home):
        private(os.path.join(home, 'rc'), 'user = "%s:%s"\ncacert = "%s"\nssl-reqd\nsilent\nshow-error\n' % (USER, PASSWORD.replace('"', '\\"'), CA))
        ask = lambda *arguments: run(home, ['curl', '-K', os.path.join(home, 'rc'), *arguments])
        empty()
        same(ask(url).strip(), b'', 'the listing of an empty maildrop')
        given = messages()
        fill(*given)
        uidls = ask(url, '-X', 'UIDL')
        same(len(re.findall(rb'(?m)^\d+ \S{1,70}\r?$', uidls)), len(given), 'unique-ids')
        listed = ask(url)
        same([int(line.split()[1]) for line in listed.splitlines()], [len(each.replace(b'\n', b'\r\n')) for each in given], 'sizes')
        for number, each in enumerate(given, 1):
            same(ask(url + str(number)).replace(b'\r\n', b'\n'), each, 'message %d' % number)
        assert b'\r\n\r\n' in ask(url, '-X', 'TOP 1 0')
        same(ask(url, '-X', 'UIDL'), uidls, 'unique-ids again')
        for number in range(len(given), 0, -1):
            ask(url + str(number), '-X', 'DELE', '-I')
        same(left(), 0, 'left after deleting all')
    return play


def utf8(_):
    """poplib knows UTF8, and sees the header as it is; without, in ASCII."""
    empty()
    fill('Subject: Gr\u00fc\u00dfe\nFrom: J\u00fcrgen <j@far.test>\n\n\u00dcber\n'.encode())
    for asks in (True, False):
        c = poplib.POP3(HOST, int(E['POP3_PORT']))
        c.stls(TLS)
        if asks:
            c.utf8()
        c.user(USER)
        c.pass_(PASSWORD)
        lines = c.retr(1)[1]
        c.quit()
        same('Subject: Gr\u00fc\u00dfe'.encode() in lines, asks, 'the subject as it is')
        assert '\u00dcber'.encode() in lines
        if not asks:
            for line in lines[:lines.index(b'')]:
                line.decode('ascii')


def apop_offered():
    c = poplib.POP3_SSL(HOST, int(E['POP3S_PORT']), context=TLS)
    c.quit()
    return b'<' in c.getwelcome()


def apop(_):
    c = poplib.POP3_SSL(HOST, int(E['POP3S_PORT']), context=TLS)
    for secret, right in ((PASSWORD, False), (E['APOP2'], True)):
        try:
            c.apop(USER, secret)
            said = True
        except poplib.error_proto as e:
            assert b'[AUTH]' in e.args[0], e
            said = False
        same(said, right, 'logged in')
    c.quit()


for implicit, name in ((False, 'STLS'), (True, 'TLS')):
    check('fetchmail over ' + name, 'fetchmail', fetchmail(implicit))
    check('mpop over ' + name, 'mpop', mpop(implicit))
    check('curl over ' + name, 'curl', curl(implicit))
check('mpop by USER and PASS', 'mpop', mpop(True, 'user'))
check('getmail over TLS', 'getmail', getmail)
check('poplib and UTF8', 'python3', utf8)
if apop_offered():
    # fetchmail says APOP before STLS, and is refused.
    check('fetchmail by APOP', 'fetchmail', fetchmail(True, 'APOP', E['APOP2']))
    check('mpop by APOP', 'mpop', mpop(True, 'apop', E['APOP2']))
    check('poplib by APOP', 'python3', apop)
else:
    print('SKIP pop3: by APOP: the server offers none (MAILSTEAD_POP3_APOP=true)')
sys.exit(1 if failed else 0)
