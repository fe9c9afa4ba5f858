#!/bin/sh
# Makes the certificates of this folder anew, valid from 2020 to 2120. The tests themselves need no openssl.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
EC='-newkey ec -pkeyopt ec_paramgen_curve:P-256'

# sign FILE SUBJECT EXTENSIONS DIGEST KEY-OPTIONS -- CA-OPTIONS: FILE-key.pem and FILE.pem in the work folder
sign() {
  file=$1 subject=$2 extensions=$3 digest=$4 key=$5 by=$6 end=${7:-21200101000000Z}
  openssl req -new $key -nodes -keyout "$work/$file-key.pem" -subj "$subject" -out "$work/request.pem"
  printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\npolicy=p\nemail_in_dn=yes\n[p]\ncommonName=supplied\nemailAddress=optional\n' \
    "$work" "$work" > "$work/ca.cnf"
  printf '%b\n' "$extensions" > "$work/extensions.cnf"
  : > "$work/index"
  openssl ca -batch -config "$work/ca.cnf" -in "$work/request.pem" -out "$work/$file.pem" -notext -md "$digest" \
    -startdate 20200101000000Z -enddate "$end" -extfile "$work/extensions.cnf" $by
}

authority() {
  sign "$1" "/CN=$2" 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign' sha256 "$EC" "-selfsign -keyfile $work/$1-key.pem"
  cp "$work/$1.pem" .
}

# client FILE SUBJECT EXTENSION [AUTHORITY USAGE END]
client() {
  by=${4:-ca}
  sign "$1" "$2" "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=${5:-clientAuth}\n$3" sha256 "$EC" \
    "-cert $work/$by.pem -keyfile $work/$by-key.pem" "$6"
  cat "$work/$1.pem" "$work/$1-key.pem" > "$1.pem"
}

# server FILE DIGEST KEY-OPTIONS [CA-OPTIONS]
server() {
  sign "$1" /CN=localhost subjectAltName=DNS:localhost "$2" "$3" "-selfsign -keyfile $work/$1-key.pem $4"
  cat "$work/$1.pem" "$work/$1-key.pem" > "$1.pem"
}

authority ca 'Users of example.org'
authority other-ca 'Users of another'
client ann /CN=Ann subjectAltName=email:ann@example.org
client ann-and-bob /CN=Both subjectAltName=email:ann@example.org,email:bob@example.org
client ann-by-subject /CN=Ann/emailAddress=ann@example.org ''
client ann-for-servers /CN=Ann subjectAltName=email:ann@example.org ca serverAuth
client ann-expired /CN=Ann subjectAltName=email:ann@example.org ca clientAuth 20210101000000Z
client ann-of-another /CN=Ann subjectAltName=email:ann@example.org other-ca
server server-ecdsa-sha384 sha384 "$EC"
server server-rsa-sha256 sha256 '-newkey rsa:2048'
server server-rsa-sha1 sha1 '-newkey rsa:2048'
server server-rsa-pss sha256 '-newkey rsa:2048' '-sigopt rsa_padding_mode:pss'
server server-ed25519 default '-newkey ed25519'
