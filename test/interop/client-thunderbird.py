#!/usr/bin/python3
"""Thunderbird reads, is told, changes and sends, in a profile of its own, steered over its remote protocol (Marionette)."""
import email, imaplib, json, os, secrets, shutil, smtplib, socket, ssl, subprocess, sys, tempfile, time

if not shutil.which('thunderbird') or not shutil.which('certutil'):
    print('SKIP thunderbird: not installed (Debian packages thunderbird, libnss3-tools)')
    sys.exit(0)

E = os.environ
TLS = ssl.create_default_context(cafile=E['CA_FILE'])
home = tempfile.mkdtemp(prefix='thunderbird-')
profile = os.path.join(home, 'profile')
mark = secrets.token_hex(4)
FOLDER = 'Ordner é ' + mark


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


PORT = free_port()
PREFS = {
    'marionette.port': PORT,
    # One account, as the wizard would write it: IMAP and SMTP with TLS from the first octet.
    'mail.accountmanager.accounts': 'account1', 'mail.accountmanager.defaultaccount': 'account1',
    'mail.account.account1.server': 'server1', 'mail.account.account1.identities': 'id1',
    'mail.server.server1.type': 'imap', 'mail.server.server1.hostname': E['MAIL_HOST'], 'mail.server.server1.port': int(E['IMAPS_PORT']),
    'mail.server.server1.userName': E['USER1'], 'mail.server.server1.name': E['USER1'], 'mail.server.server1.socketType': 3,
    'mail.server.server1.authMethod': 3, 'mail.server.server1.login_at_startup': False,
    'mail.identity.id1.fullName': 'Ann', 'mail.identity.id1.useremail': E['USER1'], 'mail.identity.id1.smtpServer': 'smtp1', 'mail.identity.id1.valid': True,
    'mail.smtpservers': 'smtp1', 'mail.smtp.defaultserver': 'smtp1', 'mail.smtpserver.smtp1.type': 'smtp',
    'mail.smtpserver.smtp1.hostname': E['MAIL_HOST'], 'mail.smtpserver.smtp1.port': int(E['SMTPS_PORT']), 'mail.smtpserver.smtp1.username': E['USER1'],
    'mail.smtpserver.smtp1.try_ssl': 3, 'mail.smtpserver.smtp1.authMethod': 3,
    # Nothing that asks or calls home.
    'mail.provider.suppress_dialog_on_startup': True, 'mail.shell.checkDefaultClient': False, 'mail.rights.version': 1, 'mail.e2ee.auto_enable': False,
    'mail.spotlight.firstRunDone': True, 'mail.winsearch.firstRunDone': True, 'mailnews.start_page.enabled': False, 'mail.inappnotifications.enabled': False,
    'app.update.enabled': False, 'datareporting.policy.dataSubmissionEnabled': False, 'toolkit.telemetry.enabled': False, 'mail.biff.show_alert': False,
    'network.captive-portal-service.enabled': False, 'network.connectivity-service.enabled': False, 'extensions.update.enabled': False,
    'services.settings.server': 'data:,', 'network.proxy.type': 1, 'network.proxy.http': '127.0.0.1', 'network.proxy.http_port': 9,
    'network.proxy.ssl': '127.0.0.1', 'network.proxy.ssl_port': 9, 'network.proxy.no_proxies_on': 'localhost,127.0.0.1',
}

# What the scripts below find at hand.
TOOLS = r'''
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const win = Services.wm.getMostRecentWindow("mail:3pane");
const account = MailServices.accounts.accounts.find(a => a.incomingServer.type == "imap");
const root = account.incomingServer.rootFolder;
const inbox = () => root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const named = name => root.descendants.find(f => f.name == name);
const find = (folder, subject) => folder && [...folder.messages].find(h => h.mime2DecodedSubject == subject);
const rest = ms => new Promise(r => win.setTimeout(r, ms));
async function seen(what, look) {
  for (let i = 0; i < 250; i++, await rest(100)) { let v; try { v = await look(); } catch {} if (v) return v; }
  throw new Error("not seen: " + what);
}
function done(what, begin) {
  return new Promise((yes, no) => begin({ QueryInterface: ChromeUtils.generateQI(["nsIUrlListener", "nsIMsgCopyServiceListener", "nsIMsgSendListener"]),
    OnStartRunningUrl() {}, onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId: () => null,
    OnStopRunningUrl(url, status) { this.onStopCopy(status); },
    onStopCopy(status) { Components.isSuccessCode(status) ? yes() : no(new Error(what + " failed: 0x" + (status >>> 0).toString(16))); } }));
}
'''


class Thunderbird:
    def __init__(self):
        os.makedirs(profile)
        subprocess.run(['certutil', '-N', '--empty-password', '-d', 'sql:' + profile], check=True)
        subprocess.run(['certutil', '-A', '-n', 'ca', '-t', 'C,,', '-i', E['CA_FILE'], '-d', 'sql:' + profile], check=True)
        with open(os.path.join(profile, 'user.js'), 'w') as f:
            f.writelines('user_pref(%s, %s);\n' % (json.dumps(k), json.dumps(v)) for k, v in PREFS.items())
        self.log = open(os.path.join(home, 'log'), 'wb')
        command = ['thunderbird', '--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', profile]
        self.process = subprocess.Popen(command, env=dict(E, HOME=home, MOZ_CRASHREPORTER_DISABLE='1'), stdout=self.log, stderr=self.log)
        self.number, self.unread = 0, b''
        self.socket = self.connect()
        self.message()
        self.ask('WebDriver:NewSession', capabilities={'alwaysMatch': {'unhandledPromptBehavior': 'ignore'}})
        self.ask('Marionette:SetContext', value='chrome')
        self.ready()

    def connect(self):
        for _ in range(300):
            try:
                s = socket.create_connection(('127.0.0.1', PORT), 5)
                s.settimeout(90)
                return s
            except OSError:
                assert self.process.poll() is None, 'Thunderbird ended'
                time.sleep(0.2)
        raise AssertionError('Thunderbird does not listen')

    def message(self):
        """Decimal length, a colon, that much JSON."""
        while True:
            length, colon, rest = self.unread.partition(b':')
            if colon and len(rest) >= int(length):
                self.unread = rest[int(length):]
                return json.loads(rest[:int(length)])
            octets = self.socket.recv(65536)
            assert octets, 'Thunderbird hung up'
            self.unread += octets

    def ask(self, name, **arguments):
        self.number += 1
        text = json.dumps([0, self.number, name, arguments]).encode()
        self.socket.sendall(b'%d:%s' % (len(text), text))
        kind, number, error, result = self.message()
        assert (kind, number) == (1, self.number) and not error, '%s: %s' % (name, error)
        return result

    def run(self, body, *arguments):
        script = 'const back = arguments[arguments.length - 1]; const args = [...arguments].slice(0, -1);\n(async () => {%s%s})().then(v => back({ value: v ?? null }), e => back({ error: String(e) }))'
        result = self.ask('WebDriver:ExecuteAsyncScript', script=script % (TOOLS, body), args=arguments, scriptTimeout=60000, newSandbox=False, sandbox='system')['value']
        assert result is not None, 'the script was cut short'
        assert 'error' not in result, result['error']
        return result['value']

    def ready(self):
        """Its main window comes some time after it listens."""
        for _ in range(150):
            try:
                handles = self.ask('WebDriver:GetWindowHandles')
                self.ask('WebDriver:SwitchToWindow', handle=(handles['value'] if isinstance(handles, dict) else handles)[0])
                if self.run('return !!win && win.document.readyState == "complete" && !!account'):
                    return
            except (AssertionError, IndexError):
                assert self.process.poll() is None, 'Thunderbird ended'
            time.sleep(0.3)
        raise AssertionError('no main window')

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def ok(pair):
    assert pair[0] == 'OK', pair
    return pair[1]


def log_in(n):
    c = imaplib.IMAP4_SSL(E['MAIL_HOST'], int(E['IMAPS_PORT']), ssl_context=TLS)
    ok(c.login(E['USER%d' % n], E['PASS%d' % n]))
    return c


def uids(c, folder, subject):
    ok(c.select(folder))
    return ok(c.uid('SEARCH', 'SUBJECT', '"%s"' % subject))[0].split()


def flags(c, folder, subject):
    uid = uids(c, folder, subject)[0]
    return imaplib.ParseFlags(ok(c.uid('FETCH', uid, '(FLAGS)'))[0])


def until(what, look):
    for _ in range(150):
        value = look()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError('not seen: ' + what)


def deliver(subject, text='text'):
    with smtplib.SMTP(E['MAIL_HOST'], int(E['MX_PORT'])) as s:
        s.sendmail('stranger@far.example', [E['USER1']], ('From: stranger@far.example\r\nTo: %s\r\nSubject: %s\r\n\r\n%s\r\n' % (E['USER1'], subject, text)).encode())


def check(name, run):
    started = time.time()
    run()
    print('PASS thunderbird: %s (%.1f s)' % (name, time.time() - started))


def reads():
    deliver('first ' + mark, 'näive text')
    text = tb.run('''
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
for (const scheme of ["imap", "smtp"]) {
  login.init(scheme + "://" + args[1], null, scheme + "://" + args[1], args[2], args[3], "", "");
  await Services.logins.addLoginAsync(login);
}
account.incomingServer.performExpand(win.msgWindow);
const box = await seen("INBOX", inbox);
await done("update", l => box.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(win.msgWindow, l));
const header = await seen("the message", () => find(box, args[0]));
const uri = box.getUriForMsg(header);
let text = "";
await new Promise((yes, no) => MailServices.messageServiceFromURI(uri).streamMessage(uri, { QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
  onStartRequest() {}, onStopRequest(r, status) { Components.isSuccessCode(status) ? yes() : no(new Error("streaming failed")) },
  onDataAvailable(r, stream, offset, count) { const b = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream); b.setInputStream(stream); text += b.readBytes(count); } },
  win.msgWindow, null, false, "", false));
return text''', 'first ' + mark, E['MAIL_HOST'], E['USER1'], E['PASS1'])
    whole = email.message_from_bytes(text.encode('latin1'))
    assert whole['Return-Path'] == '<stranger@far.example>', whole['Return-Path']
    assert whole.get_payload(decode=True).decode() == 'näive text\r\n', whole.get_payload()


def told():
    tb.run('await rest(1500)')
    deliver('pushed ' + mark)
    tb.run('await seen("a new message", () => find(inbox(), args[0]))', 'pushed ' + mark)
    uid = uids(other, 'INBOX', 'pushed ' + mark)[0]
    ok(other.uid('STORE', uid, '+FLAGS', '(\\Flagged)'))
    tb.run('await seen("a flag", () => find(inbox(), args[0]).isFlagged)', 'pushed ' + mark)
    ok(other.uid('STORE', uid, '+FLAGS', '(\\Deleted)'))
    ok(other.expunge())
    tb.run('await seen("an expunge", () => !find(inbox(), args[0]))', 'pushed ' + mark)


def changes():
    tb.run('const h = find(inbox(), args[0]); inbox().markMessagesRead([h], true); inbox().addKeywordsToMessages([h], "$label1")', 'first ' + mark)
    until('flags on the server', lambda: {b'\\Seen', b'$label1'} <= set(flags(other, 'INBOX', 'first ' + mark)))
    tb.run('''
root.createSubfolder(args[1], win.msgWindow);
const target = await seen("the folder", () => named(args[1]));
await done("move", l => MailServices.copy.copyMessages(inbox(), [find(inbox(), args[0])], target, true, l, win.msgWindow, true));''', 'first ' + mark, FOLDER)
    names = ok(other.list())
    folder = next(name.rsplit(b'"/" ', 1)[1].decode() for name in names if mark.encode() in name)
    until('the message in its folder', lambda: uids(other, folder, 'first ' + mark))
    assert not uids(other, 'INBOX', 'first ' + mark), 'still in INBOX'
    assert b'$label1' in flags(other, folder, 'first ' + mark)
    ok(other.select('INBOX'))
    tb.run('''
const trash = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Trash);
await done("deletion", l => MailServices.copy.copyFolder(named(args[0]), trash, true, l, win.msgWindow));''', FOLDER)
    trashed = until('the folder in the trash', lambda: [name.rsplit(b'"/" ', 1)[1].decode() for name in ok(other.list()) if b'"Trash/' in name and mark.encode() in name])
    ok(other.delete(trashed[0]))


def sends():
    tb.run('''
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
Object.assign(fields, { from: account.defaultIdentity.email, to: args[0], subject: args[1], body: ".a dot, and ✓\\n" });
const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
Object.assign(params, { composeFields: fields, identity: account.defaultIdentity, type: Ci.nsIMsgCompType.New, format: Ci.nsIMsgCompFormat.PlainText });
const open = new Set(Services.wm.getEnumerator("msgcompose"));
MailServices.compose.OpenComposeWindowWithParams(null, params);
const composer = await seen("a composer", () => [...Services.wm.getEnumerator("msgcompose")].find(w => !open.has(w) && w.composeEditorReady && w.gMsgCompose?.editor));
composer.GenericSendMessage(Ci.nsIMsgCompDeliverMode.Now);
await seen("the end of sending", () => composer.closed)''', E['USER2'], 'sent ' + mark)
    c = log_in(2)
    uid = until('the message at its recipient', lambda: uids(c, 'INBOX', 'sent ' + mark))[0]
    whole = email.message_from_bytes(ok(c.uid('FETCH', uid, '(BODY.PEEK[])'))[0][1])
    assert whole.get_payload(decode=True).decode().startswith('.a dot, and ✓'), whole.get_payload()
    c.logout()
    until('its copy in Sent', lambda: uids(other, 'Sent', 'sent ' + mark))


def shared():
    owner = log_in(2)
    name = 'Team-' + mark
    path = 'Other Users/%s/%s' % (E['USER2'], name)
    ok(owner.create(name))
    ok(owner.append(name, None, None, ('Subject: shared %s\r\n\r\ntext\r\n' % mark).encode()))
    ok(owner.setacl(name, E['USER1'], 'lrs'))
    ok(other.subscribe('"%s"' % path))
    tb.run('''
account.incomingServer.performExpand(win.msgWindow);
const folder = await seen("the shared folder", () => named(args[0]));
await done("update", l => folder.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(win.msgWindow, l));
const header = await seen("its message", () => find(folder, args[1]));
folder.markMessagesRead([header], true)''', name, 'shared ' + mark)
    until('the read mark of another', lambda: b'\\Seen' in flags(owner, name, 'shared ' + mark))
    owner.logout()


tb = None
try:
    other = log_in(1)
    tb = Thunderbird()
    check('reads what came', reads)
    check('is told of new messages, flags and expunges while it idles', told)
    check('sets flags, makes a folder, moves and deletes', changes)
    check('sends, and keeps a copy', sends)
    check('reads a mailbox that another shares', shared)
except Exception as e:
    print('FAIL thunderbird: %s: %s' % (type(e).__name__, e))
    sys.exit(1)
finally:
    if tb is not None:
        tb.end()
    shutil.rmtree(home, ignore_errors=True)
