#!/usr/bin/python3
"""fetchmail's plugin for ODMR: encrypts, and logs in by PLAIN with ODMR_USER and ODMR_PASSWORD where fetchmail insists on CRAM-MD5."""
import base64, os, select, socket, ssl, sys


def lines(read):
    rest = b''
    while True:
        while b'\n' not in rest:
            more = read()
            if not more:
                return
            rest += more
        line, rest = rest.split(b'\n', 1)
        yield line + b'\n'


host, port = sys.argv[1], int(sys.argv[2])
raw = socket.create_connection((host, port))
plain = lines(lambda: raw.recv(4096))


def answer(source):
    said = []
    for line in source:
        said.append(line)
        if line[3:4] != b'-':
            return said
    sys.exit('connection lost')


def ask(sock, source, text):
    sock.sendall(text + b'\r\n')
    return answer(source)


greeting = answer(plain)
ask(raw, plain, b'EHLO plugin.test')
assert ask(raw, plain, b'STARTTLS')[-1].startswith(b'220')
server = ssl.create_default_context(cafile=os.environ['CA_FILE']).wrap_socket(raw, server_hostname='localhost')
secure = lines(lambda: server.recv(4096))


def tell(said):
    os.write(1, b''.join(said))


tell(greeting)
for line in lines(lambda: os.read(0, 4096)):
    verb = line.split(b' ')[0].strip().upper()
    if verb == b'AUTH':
        tell([b'334 ' + base64.b64encode(b'<1896.697170952@localhost>') + b'\r\n'])
        next(lines(lambda: os.read(0, 4096)))
        login = '\0%s\0%s' % (os.environ['ODMR_USER'], os.environ['ODMR_PASSWORD'])
        tell(ask(server, secure, b'AUTH PLAIN ' + base64.b64encode(login.encode())))
        continue
    said = ask(server, secure, line.strip())
    tell(said)
    if verb == b'ATRN' and said[-1].startswith(b'250'):
        break
    if verb == b'QUIT':
        sys.exit(0)

# From here on the roles are reversed: octets both ways, until one side has enough.
server.setblocking(False)
while True:
    ready = [] if server.pending() else select.select([server, 0], [], [])[0]
    if not ready or server in ready:
        try:
            octets = server.recv(65536)
        except ssl.SSLWantReadError:
            continue
        if not octets:
            break
        os.write(1, octets)
    if 0 in ready:
        octets = os.read(0, 65536)
        if not octets:
            break
        server.setblocking(True)
        server.sendall(octets)
        server.setblocking(False)
