"""`make bench`: all comparisons, one line each."""

from __future__ import annotations

import ssl
import sys
import tempfile
from pathlib import Path

import certifi
import trustme

from . import calls, webhooks


def main() -> int:
    met = True
    with tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        authority_file, certificate = Path(folder, "authority.pem"), Path(folder, "certificate.pem")
        # Beside the certificates that every client loads, or the old pattern would look cheaper than it is.
        authority_file.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        tls = ssl.create_default_context(cafile=str(authority_file))
        for results in (
            calls.imports(),
            calls.one_after_the_other(),
            calls.one_after_the_other_v2(),
            calls.parsing(),
            calls.a_hundred_at_once(tls, certificate),
            calls.the_old_pattern(tls, certificate, authority_file),
            webhooks.receiving(),
            webhooks.serving(),
        ):
            for result in results:
                print(result, flush=True)
                met = met and result.met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
