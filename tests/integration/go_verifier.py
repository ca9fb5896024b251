"""What Go itself says of a chain: istiod and every workload's agent decide by its crypto/x509."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCE = """package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func read(path string) (found []*x509.Certificate) {
	rest, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		found = append(found, certificate)
	}
}

func main() {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	chain := read(os.Args[1])
	for _, each := range chain[1:] {
		between.AddCert(each)
	}
	for _, each := range read(os.Args[2]) {
		roots.AddCert(each)
	}
	usages := []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: usages}
	if _, err := chain[0].Verify(options); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ok")
}
"""


@dataclass(frozen=True)
class GoVerifier:
    """A small program of Go's standard library alone."""

    binary: Path
    folder: Path

    @classmethod
    def build(cls, go: Path, folder: Path) -> GoVerifier:
        """Compile it, which needs nothing from anywhere."""
        folder.joinpath("main.go").write_text(_SOURCE)
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
        words = [str(go), "build", "-o", "verify", "main.go"]
        subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)
        return cls(binary=folder / "verify", folder=folder)

    def judge(self, *chain: str, roots: str) -> str:
        """Return `ok`, or why Go refuses a chain that begins with what is to be verified."""
        files = {"chain.pem": "".join(chain), "roots.pem": roots}
        for name, content in files.items():
            self.folder.joinpath(name).write_text(content)
        words = [str(self.binary), *files]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()
