"""Copies one member of an archive to a file and prints the sha256 of what it wrote.

python3 extract.py ARCHIVE MEMBER TARGET
"""

import hashlib
import sys
import zipfile

archive, member, target = sys.argv[1:]
digest = hashlib.sha256()
with zipfile.ZipFile(archive).open(member) as source, open(target, "wb") as out:
    while piece := source.read(1 << 20):
        digest.update(piece)
        out.write(piece)
print(digest.hexdigest())
