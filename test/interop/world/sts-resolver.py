"""Programs of postfix-mta-sts-resolver with a name server of the test's own: sts-resolver.py SERVER daemon|query ARGUMENTS…"""
import functools
import sys

import aiodns
import aiohttp
import aiohttp.connector

server, program = sys.argv[1:3]
aiodns.DNSResolver = functools.partial(aiodns.DNSResolver, nameservers=[server])
aiohttp.connector.DefaultResolver = aiohttp.AsyncResolver
if program == 'daemon':
    from postfix_mta_sts_resolver.daemon import main
else:
    from postfix_mta_sts_resolver.__main__ import main
sys.argv[1:] = sys.argv[3:]
main()
