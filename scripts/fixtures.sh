#!/usr/bin/env bash
# Makes fixtures/ anew with other people's tools, and writes down the command behind every file in fixtures/README.md.
# The files are committed: tests read them without the tools. Needs openssl, ssh-keygen, keytool,
# certtool (gnutls-bin), pk12util and certutil (libnss3-tools), and Bouncy Castle (libbcprov-java).
set -euo pipefail
cd "$(dirname "$0")/../fixtures"
rm -rf openssl openssh windows broken keystores
mkdir openssl openssh windows broken keystores

cat > README.md <<'EOF'
# Fixtures

Files made by other tools, which certwright has to read. `scripts/fixtures.sh` makes them anew (the keys differ then,
the tests do not care) and writes this list. The keys are public: use none of them for anything.
The password of every encrypted file is `fixture password`. No certificate expires before 2100, or tests would fail one day
(`tests/renewal.rs` looks); there is no CRL among them.

EOF
{ openssl version; ssh -V 2>&1; java -version 2>&1 | sed -n 1p; certtool --version | sed -n 1p; } | sed 's/^/- /' >> README.md
printf '\n| file | command, run in this folder |\n| --- | --- |\n' >> README.md

# make FILE COMMAND...: runs the command and notes it.
make() {
    local file=$1
    shift
    "$@" 2>/dev/null
    test -f "$file"
    chmod 644 "$file"
    printf '| `%s` | `%s` |\n' "$file" "$(printf '%q ' "$@" | sed 's/ $//')" >> README.md
}

o=openssl
pw='pass:fixture password'
subject='/C=US/ST=California/L=San Francisco/O=Example Inc'

make $o/pkcs8.pem $o genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $o/pkcs8.pem
make $o/pkcs8.der $o pkcs8 -topk8 -nocrypt -in $o/pkcs8.pem -outform DER -out $o/pkcs8.der
make $o/pkcs1.pem $o rsa -traditional -in $o/pkcs8.pem -out $o/pkcs1.pem
make $o/pkcs1.der $o rsa -traditional -in $o/pkcs8.pem -outform DER -out $o/pkcs1.der
make $o/other.pem $o genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $o/other.pem
make $o/rsa1024.pem $o genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out $o/rsa1024.pem
make $o/rsa3072.pem $o genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out $o/rsa3072.pem
make $o/rsa4096.pem $o genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out $o/rsa4096.pem

# What `openssl genpkey -aes-256-cbc` of the setup guide writes, and its relatives.
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc des3; do
    make $o/pbes2-$cipher.pem $o pkcs8 -topk8 -in $o/pkcs8.pem -v2 $cipher -passout "$pw" -out $o/pbes2-$cipher.pem
done
for hash in SHA1 SHA224 SHA256 SHA384 SHA512; do
    make $o/pbkdf2-hmac$hash.pem $o pkcs8 -topk8 -in $o/pkcs8.pem -v2 aes-256-cbc -v2prf hmacWith$hash -passout "$pw" -out $o/pbkdf2-hmac$hash.pem
done
make $o/pbkdf2-hmacSHA256.der $o pkcs8 -topk8 -in $o/pkcs8.pem -v2 aes-256-cbc -passout "$pw" -outform DER -out $o/pbkdf2-hmacSHA256.der
make $o/scrypt.pem $o pkcs8 -topk8 -in $o/pkcs8.pem -scrypt -passout "$pw" -out $o/scrypt.pem
make $o/pbes1-sha1-3des.pem $o pkcs8 -topk8 -in $o/pkcs8.pem -v1 PBE-SHA1-3DES -passout "$pw" -out $o/pbes1-sha1-3des.pem
make $o/iterations-20000000.pem $o pkcs8 -topk8 -in $o/pkcs8.pem -v2 aes-256-cbc -iter 20000000 -passout "$pw" -out $o/iterations-20000000.pem
# What `openssl genrsa -des3` of OpenSSL 1.x wrote, and its relatives.
for cipher in des3 aes128 aes192 aes256; do
    make $o/proc-type-$cipher.pem $o rsa -traditional -$cipher -in $o/pkcs8.pem -passout "$pw" -out $o/proc-type-$cipher.pem
done

make $o/public.pem $o rsa -in $o/pkcs8.pem -pubout -out $o/public.pem
make $o/public-pkcs1.pem $o rsa -in $o/pkcs8.pem -RSAPublicKey_out -out $o/public-pkcs1.pem
make $o/server.csr $o req -new -key $o/pkcs8.pem -subj "$subject" -out $o/server.csr
make $o/san.csr $o req -new -key $o/pkcs8.pem -subj "$subject/OU=One/OU=Two" -addext "subjectAltName=DNS:example.com,IP:192.0.2.1,email:a@example.com,URI:https://example.com/" -addext keyUsage=keyEncipherment -out $o/san.csr
make $o/utf8.csr $o req -new -utf8 -key $o/pkcs8.pem -subj "/C=CH/L=Zürich/O=Prüfstelle \\+ Söhne, AG" -out $o/utf8.csr
make $o/v1.crt $o x509 -req -sha256 -days 36500 -in $o/server.csr -signkey $o/pkcs8.pem -out $o/v1.crt
make $o/v3.crt $o req -x509 -sha256 -days 36500 -key $o/pkcs8.pem -subj "$subject" -out $o/v3.crt
make $o/v3.der $o x509 -in $o/v3.crt -outform DER -out $o/v3.der
make $o/text.crt $o x509 -in $o/v3.crt -text -out $o/text.crt
make $o/other.crt $o req -x509 -sha256 -days 36500 -key $o/other.pem -subj "$subject" -out $o/other.crt
make $o/sha1.crt $o req -x509 -sha1 -days 36500 -key $o/pkcs8.pem -subj "$subject" -out $o/sha1.crt
make $o/rsa1024.crt $o req -x509 -sha256 -days 36500 -key $o/rsa1024.pem -subj "$subject" -out $o/rsa1024.crt

make $o/ec-sec1.pem $o ecparam -name prime256v1 -genkey -out $o/ec-sec1.pem
make $o/ec.pem $o pkcs8 -topk8 -nocrypt -in $o/ec-sec1.pem -out $o/ec.pem
make $o/ed25519.pem $o genpkey -algorithm ED25519 -out $o/ed25519.pem
make $o/rsa-pss.pem $o genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out $o/rsa-pss.pem
make $o/ec.crt $o req -x509 -days 36500 -key $o/ec.pem -subj "$subject" -out $o/ec.crt
make $o/pkcs7.pem $o crl2pkcs7 -nocrl -certfile $o/v3.crt -out $o/pkcs7.pem
make $o/keystore.p12 $o pkcs12 -export -in $o/v3.crt -inkey $o/pkcs8.pem -name servercert -passout "$pw" -out $o/keystore.p12
make openssh/id_rsa ssh-keygen -q -t rsa -b 2048 -N '' -C fixture -f openssh/id_rsa
mv openssh/id_rsa.pub openssh/id_rsa.pub.txt
printf '| `openssh/id_rsa.pub.txt` | made beside it |\n' >> README.md

# Keystores by everybody. The entry is called servercert where a name was given.
k=keystores
export_() { local file=$1; shift; make $k/$file $o pkcs12 -export -in $o/v3.crt -inkey $o/pkcs8.pem -passout "$pw" -out $k/$file "$@"; }
export_ openssl-legacy.p12 -legacy -name servercert
export_ openssl-rc2-128.p12 -legacy -name servercert -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-128
export_ openssl-no-mac.p12 -name servercert -nomac
export_ openssl-no-name.p12
export_ openssl-sha512-mac.p12 -name servercert -macalg sha512
export_ openssl-2000000-iterations.p12 -name servercert -iter 2000000
make $k/openssl-empty-password.p12 $o pkcs12 -export -in $o/v3.crt -inkey $o/pkcs8.pem -passout pass: -name servercert -out $k/openssl-empty-password.p12
make $k/openssl-other-password.p12 $o pkcs12 -export -in $o/v3.crt -inkey $o/pkcs8.pem -passout 'pass:grün & Пароль' -name servercert -out $k/openssl-other-password.p12
make $k/openssl-certificate-alone.p12 $o pkcs12 -export -nokeys -in $o/v3.crt -passout "$pw" -name trusted -out $k/openssl-certificate-alone.p12
kp='fixture password'
import_() { local file=$1; shift; make $k/$file keytool -importkeystore -noprompt -srckeystore $o/keystore.p12 -srcstoretype PKCS12 -srcstorepass "$kp" -destkeystore $k/$file -deststorepass "$kp" "$@"; }
import_ keytool.p12 -deststoretype PKCS12
import_ keytool.jks -deststoretype JKS
import_ keytool-pkcs12-inside.jks
import_ keytool.jceks -deststoretype JCEKS
bc=/usr/share/java/bcprov.jar
import_ bouncycastle.bcfks -deststoretype BCFKS -providerpath $bc -provider org.bouncycastle.jce.provider.BouncyCastleProvider
cp $k/keytool.jks $k/keytool-several.jks
keytool -genkeypair -noprompt -alias second -keyalg RSA -keysize 2048 -validity 36500 -dname 'O=Second' -keystore $k/keytool-several.jks -storepass "$kp" 2>/dev/null
make $k/keytool-several.jks keytool -importcert -noprompt -alias trusted -file $o/other.crt -keystore $k/keytool-several.jks -storepass "$kp"
cp $k/keytool.jks $k/keytool-key-password.jks
make $k/keytool-key-password.jks keytool -keypasswd -alias servercert -keypass "$kp" -new 'another password' -keystore $k/keytool-key-password.jks -storepass "$kp"
make $k/gnutls.p12 certtool --to-p12 --load-privkey $o/pkcs8.pem --load-certificate $o/v3.crt --p12-name servercert --password "$kp" --outder --outfile $k/gnutls.p12
nss=$(mktemp -d)
printf '%s' "$kp" > "$nss/password"
certutil -N -d "sql:$nss" --empty-password
pk12util -i $o/keystore.p12 -d "sql:$nss" -w "$nss/password" >/dev/null
make $k/nss.p12 pk12util -o $k/nss.p12 -d "sql:$nss" -n servercert -w "$nss/password"
rm -r "$nss"
sed -i "s|$nss|DATABASE|g" README.md

# What Windows makes of text: PowerShell's `>`, Notepad, and git's line endings.
make windows/utf16le-bom.pem sh -c "iconv -t UTF-16 $o/pbkdf2-hmacSHA256.pem > windows/utf16le-bom.pem"
make windows/utf16be.pem sh -c "iconv -t UTF-16BE $o/pkcs8.pem > windows/utf16be.pem"
make windows/bom-crlf.pem sh -c "{ printf '\\357\\273\\277'; sed 's/\$/\\r/' $o/pkcs8.pem; } > windows/bom-crlf.pem"
make windows/utf16le-bom.csr sh -c "iconv -t UTF-16 $o/server.csr > windows/utf16le-bom.csr"
make windows/password.txt sh -c "printf 'fixture password\\r\\n' | iconv -t UTF-16 > windows/password.txt"

make broken/empty.pem sh -c ': > broken/empty.pem'
make broken/truncated.pem sh -c "head -n 12 $o/pkcs8.pem > broken/truncated.pem"
make broken/truncated.der sh -c "head -c 700 $o/pkcs8.der > broken/truncated.der"
make broken/truncated-inside.pem sh -c "sed 10,12d $o/pkcs8.pem > broken/truncated-inside.pem"
make broken/not-base64.pem sh -c "sed '5s/./*/' $o/pkcs8.pem > broken/not-base64.pem"
make broken/text.pem sh -c 'echo "the key is in the other folder" > broken/text.pem'
make broken/trailing.der sh -c "cat $o/v3.der $o/v3.der > broken/trailing.der"
make broken/two-keys.pem sh -c "cat $o/pkcs8.pem $o/other.pem > broken/two-keys.pem"
make broken/two-lines.txt sh -c "printf 'one\\ntwo\\n' > broken/two-lines.txt"
make broken/changed.csr sh -c "$o req -in $o/server.csr -outform DER | sed 's/San Francisco/San Fernandez/' | $o base64 | sed '1i -----BEGIN CERTIFICATE REQUEST-----
\$a -----END CERTIFICATE REQUEST-----' > broken/changed.csr"
# The primes take minutes and never change: scripts/composites.py and the line below make them.
cat >> README.md <<'EOF'
| `primes/modp.txt` | `python3 -c "import mpmath as m; m.mp.prec = 3000; [print('%x' % (2**b - 2**(b-64) - 1 + 2**64 * (int(m.floor(m.pi * m.mpf(2)**(b-130))) + c))) for b, c in ((1024, 129093), (1536, 741804), (2048, 124476))]"` (mpmath 1.3); `openssl prime -hex` agrees |
EOF
printf '| `primes/composites.txt` | `python3 ../scripts/composites.py > primes/composites.txt` (gmpy2 2.3.2) |\n' >> README.md
# Out of RFC 7515, so nothing makes them.
printf '| `jose/rfc7515-a2.pem`, `jose/rfc7515-a2.jwt` | the key and the token of RFC 7515, appendix A.2, the key as PKCS#1 (its signature verifies with OpenSSL 3.0) |\n' >> README.md
