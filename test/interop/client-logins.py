#!/usr/bin/python3
"""SCRAM as Cyrus SASL (mbsync) and GNU SASL (msmtp, and the library itself) speak it; PLUS bound to TLS 1.2."""
import base64, ctypes, ctypes.util, imaplib, os, shutil, ssl, subprocess, sys, tempfile

E = os.environ
HOST, USER, PASSWORD = E['MAIL_HOST'], E['USER1'], E['PASS1']
failed = 0


def trusting(version=None):
    context = ssl.create_default_context(cafile=E['CA_FILE'])
    if version:
        context.maximum_version = version
    return context


with imaplib.IMAP4_SSL(HOST, int(E['IMAPS_PORT']), ssl_context=trusting()) as c:
    if 'AUTH=SCRAM-SHA-256' not in c.capabilities:
        print('SKIP logins: the server offers no SCRAM (MAILSTEAD_AUTH_SCRAM=true, and MAILSTEAD_AUTH_SCRAM_SHA1=true)')
        sys.exit(0)


def check(what, fn, program=None):
    global failed
    if program and not shutil.which(program):
        print('SKIP logins: %s: %s is not installed' % (what, program), flush=True)
        return
    try:
        said = fn()
        print('%s logins: %s%s' % ('SKIP' if said else 'PASS', what, ': ' + said if said else ''), flush=True)
    except Exception as e:
        failed += 1
        print('FAIL logins: %s: %s: %s' % (what, type(e).__name__, e), flush=True)


def private(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def mbsync():
    """Takes the strongest that it knows by itself, where libsasl2-modules is there."""
    with tempfile.TemporaryDirectory() as home:
        rc = private(home, 'rc', '''IMAPAccount a
Host %s
Port %s
User %s
PassCmd "cat %s/pass"
SSLType IMAPS
CertificateFile %s
''' % (HOST, E['IMAPS_PORT'], USER, home, E['CA_FILE']) + '''
IMAPStore far
Account a

MaildirStore near
Path %s/
Inbox %s/INBOX

Channel c
Far :far:
Near :near:
Create Near
''' % (home, home))
        private(home, 'pass', PASSWORD)
        run = subprocess.run(['mbsync', '-D', '-c', rc, 'c'], timeout=60, env=dict(E, HOME=home), capture_output=True, text=True, errors='replace')
        if run.returncode:
            raise AssertionError(run.stdout[-500:] + run.stderr[-500:])
        if 'SASL mechanism SCRAM-SHA-256' not in run.stdout:
            return 'logged in by another mechanism: no libsasl2-modules?'


def msmtp(mechanism):
    with tempfile.TemporaryDirectory() as home:
        rc = private(home, 'rc', 'account default\nhost %s\nport %s\ntls on\ntls_starttls off\ntls_trust_file %s\nfrom %s\nauth %s\nuser %s\npassword "%s"\n'
                     % (HOST, E['SMTPS_PORT'], E['CA_FILE'], USER, mechanism, USER, PASSWORD))
        run = subprocess.run(['msmtp', '-C', rc, USER], input='Subject: %s\n\nbody\n' % mechanism, timeout=60, capture_output=True, text=True)
        if 'not supported' in run.stderr:
            return 'msmtp is built without it'
        assert run.returncode == 0, run.stderr


def gsasl(mechanism, version=None, binding=None):
    """`binding`: channel binding data in place of those of the connection."""
    name = ctypes.util.find_library('gsasl')
    if not name:
        return 'no libgsasl'
    library = ctypes.CDLL(name)
    authid, password, tls_unique = 1, 3, 18
    handle, session = ctypes.c_void_p(), ctypes.c_void_p()
    assert library.gsasl_init(ctypes.byref(handle)) == 0
    if library.gsasl_client_start(handle, mechanism.encode(), ctypes.byref(session)):
        return 'libgsasl is built without it'
    with imaplib.IMAP4_SSL(HOST, int(E['IMAPS_PORT']), ssl_context=trusting(version)) as c:
        library.gsasl_property_set(session, authid, USER.encode())
        library.gsasl_property_set(session, password, PASSWORD.encode())
        if mechanism.endswith('PLUS'):
            library.gsasl_property_set(session, tls_unique, base64.b64encode(binding or c.sock.get_channel_binding('tls-unique')))

        def step(challenge):
            out, length = ctypes.c_char_p(), ctypes.c_size_t()
            code = library.gsasl_step(session, ctypes.c_char_p(challenge), ctypes.c_size_t(len(challenge)), ctypes.byref(out), ctypes.byref(length))
            return ctypes.string_at(out, length.value) if code in (0, 1) else None

        assert c.authenticate(mechanism, step)[0] == 'OK'


def another_channel():
    try:
        said = gsasl('SCRAM-SHA-256-PLUS', ssl.TLSVersion.TLSv1_2, b'\1' * 12)
    except imaplib.IMAP4.error as e:
        assert 'AUTHENTICATIONFAILED' in str(e), e
        return None
    assert said, 'the data of another channel were taken'
    return said


check('mbsync by SCRAM-SHA-256', mbsync, 'mbsync')
for m in ('scram-sha-256', 'scram-sha-1'):
    check('msmtp by ' + m, lambda: msmtp(m), 'msmtp')
for m in ('SCRAM-SHA-256', 'SCRAM-SHA-1'):
    check('GNU SASL by ' + m, lambda: gsasl(m))
    check('GNU SASL by %s-PLUS, tls-unique' % m, lambda: gsasl(m + '-PLUS', ssl.TLSVersion.TLSv1_2))
check('GNU SASL with the data of another channel is refused', another_channel)
sys.exit(1 if failed else 0)
