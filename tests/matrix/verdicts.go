// What Go makes of each case: crypto/x509, and for keys crypto/tls.
//
// verdicts FOLDER < "NAME HOST" lines; prints NAME, accept or reject, and the reason, between tabs.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func certificates(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		return nil, errors.New("no certificate in the PEM file")
	}
	return found, nil
}

func judge(folder, name, host string) error {
	trusted, err := certificates(filepath.Join(folder, "ca.crt"))
	if err != nil {
		return err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(trusted[0])
	chain, err := certificates(filepath.Join(folder, name, "server.fullchain.crt"))
	if err != nil {
		return err
	}
	for _, certificate := range chain[1:] {
		between.AddCert(certificate)
	}
	// The client's default: for a TLS server.
	options := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between}
	if _, err := chain[0].Verify(options); err != nil {
		return err
	}
	_, err = tls.LoadX509KeyPair(filepath.Join(folder, name, "server.fullchain.crt"), filepath.Join(folder, name, "server.key"))
	return err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		name, host := words[0], words[1]
		if _, err := os.Stat(filepath.Join(os.Args[1], name, "server.jks")); err == nil {
			continue
		}
		verdict, reason := "accept", ""
		if err := judge(os.Args[1], name, host); err != nil {
			verdict, reason = "reject", strings.Join(strings.Fields(err.Error()), " ")
		}
		fmt.Printf("%s\t%s\t%s\n", name, verdict, reason)
	}
}
