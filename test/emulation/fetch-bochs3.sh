#!/bin/bash
#===- fetch-bochs3.sh - Unpack Bochs 3.0 beside Debian 12 ------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
# fetch-bochs3.sh FOLDER
#
# Unpacks Bochs 3.0 of Debian 13 into FOLDER/root without a change to installed
# packages or to apt's configuration; then `bochs.py --bochs FOLDER/root
# --cpu arrow_lake` (AVX-VNNI-INT8). Signatures are checked as usual. Of what
# Bochs links, libc, libstdc++, libgcc and libltdl come from Debian 13 and run
# through their own ld.so; the others from Debian 12's bochs and bochs-term.
# MIRROR overrides the mirror that this machine uses.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
apt=$folder/apt
mkdir -p "$apt"/etc/{apt.conf.d,preferences.d,sources.list.d} \
  "$apt"/state/lists/partial "$apt"/cache/archives/partial \
  "$folder"/{debs,root}
: >"$apt/status"

mirror=${MIRROR:-$(apt-get indextargets \
  --format '$(SITE) $(ORIGIN) $(CODENAME)' |
  awk '$2 == "Debian" && $3 == "bookworm" { print $1; exit }')}
[[ -n $mirror ]] || { echo "no Debian mirror found; set MIRROR" >&2; exit 1; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror trixie main" >"$apt/etc/sources.list"
cat >"$apt/apt.conf" <<END
Dir::Etc "$apt/etc";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
END
export APT_CONFIG=$apt/apt.conf
apt-get -q update
cd "$folder/debs"
apt-get -q download bochs bochs-term bochsbios libc6 libstdc++6 libgcc-s1 libltdl7
for package in *.deb; do dpkg -x "$package" "$folder/root"; done
rm -rf "$apt"
