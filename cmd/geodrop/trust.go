package main

import (
	"errors"

	"geodrop/sync/trust"
)

// trustFlags are those of commands that fetch releases.
type trustFlags struct {
	Trust    string `placeholder:"FILE" env:"GEODROP_TRUST" help:"Keys whose releases are believed, as of keys new; read again when a release comes."`
	Unsigned bool   `help:"Believe whoever answers: for development."`
}

var errTrust = errors.New("say whose releases are believed: --trust FILE, or --unsigned for development")

// keys reads the keys that are trusted at the moment; nil with --unsigned.
func (c *trustFlags) keys() (func() (trust.Keys, error), error) {
	if (c.Trust == "") != c.Unsigned {
		return nil, usage{errTrust}
	}
	if c.Unsigned {
		return nil, nil
	}
	read := func() (trust.Keys, error) { return trust.ReadKeys(c.Trust) }
	if _, err := read(); err != nil { // now is when somebody looks
		return nil, wrong(err)
	}
	return read, nil
}

// believing is the flag with which a node takes what is signed, or is not.
func believing(unsigned bool) string {
	if unsigned {
		return "--unsigned"
	}
	return "--trust FILE"
}

// signFlags are those of commands that publish releases.
type signFlags struct {
	Key      []string `placeholder:"FILE" env:"GEODROP_KEY" help:"Private key to sign with, as of keys new; several while keys change."`
	Unsigned bool     `help:"Sign nothing: for development."`
	Lineage  string   `placeholder:"NAME" help:"Name of the history that nodes follow; default: that of DIR, made with it."`
}

var errSign = errors.New("say who signs releases: --key FILE, or --unsigned for development")

func (c *signFlags) keys() ([]trust.Key, error) {
	if (len(c.Key) == 0) != c.Unsigned {
		return nil, usage{errSign}
	}
	return readKeys(c.Key)
}
