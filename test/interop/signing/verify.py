"""
Reads signed messages with dkimpy: `verify.py KEYS FILE…`. KEYS has a name and its TXT record in each line. Prints for each
file a line `FILE SELECTOR pass|fail` a signature, and `FILE arc pass|fail|none`.
"""

import sys

import dkim

RECORDS = {}
with open(sys.argv[1], "rb") as keys:
    for line in keys:
        name, value = line.rstrip(b"\n").split(b" ", 1)
        RECORDS[name + b"."] = value


def look(name, timeout=5):
    return RECORDS.get(name)


def tried(act):
    try:
        return act()
    except Exception as error:
        return f"fail ({type(error).__name__}: {error})"


for path in sys.argv[2:]:
    with open(path, "rb") as file:
        message = file.read()
    signed = [value for name, value in dkim.rfc822_parse(message)[0] if name.lower() == b"dkim-signature"]
    # Below the two on top are those that a message came with.
    for at, value in enumerate(signed[:2]):
        selector = dkim.parse_tag_value(value)[b"s"].decode()
        verify = lambda: "pass" if dkim.DKIM(message).verify(at, dnsfunc=look) else "fail"
        print(path, selector, tried(verify))
    chain = lambda: (dkim.ARC(message).verify(dnsfunc=look)[0] or b"none").decode().lower()
    print(path, "arc", tried(chain))
