package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"geodrop/sync/trust"
)

type keysCmd struct {
	New    keysNewCmd    `cmd:"" help:"Make a key that signs, and trust it."`
	Show   keysShowCmd   `cmd:"" help:"Show the public half of a key, or the keys that are trusted."`
	Rotate keysRotateCmd `cmd:"" help:"Put a new key in the place of one, and trust both."`
	Revoke keysRevokeCmd `cmd:"" help:"Trust a key no longer, for good."`
}

func (*keysCmd) Help() string {
	return `Who holds the private key says which release is served; who has the file of
trusted keys believes nobody else.

Example: geodrop keys new --out origin.key --trust trusted.keys`
}

type keysNewCmd struct {
	Out     string `required:"" placeholder:"KEY" help:"New file for the private key; only its owner can read it."`
	Trust   string `placeholder:"FILE" help:"File of trusted keys to add the public key to; made if missing."`
	Comment string `placeholder:"TEXT" help:"What people are to know of the key, in FILE."`
}

func (*keysNewCmd) Help() string {
	return `The private key stays with the origin, or the builder; the file of trusted keys
goes to the nodes and relays. It holds no secret, but must come to them on a way
on which nobody changes it.

Example: geodrop keys new --out origin.key --trust trusted.keys --comment Leeds
         geodrop origin --key origin.key --src dir:london
         geodrop node --trust trusted.keys --upstream http://10.0.0.5:8090`
}

func (c *keysNewCmd) Run(r *run) error {
	key, err := trust.NewKey()
	if err != nil {
		return err
	}
	if err := key.Write(c.Out); err != nil {
		return err
	}
	if c.Trust != "" {
		if err := addKey(c.Trust, key, c.Comment); err != nil {
			return errors.Join(err, os.Remove(c.Out))
		}
	}
	return printKey(r.stdout, "trusted", trust.Named{Public: key.Public(), Comment: c.Comment})
}

type keysShowCmd struct {
	File string `arg:"" placeholder:"FILE" help:"A private key, or a file of trusted keys."`
}

func (*keysShowCmd) Help() string {
	return `Private keys are never shown. A line is what a file of trusted keys has for the
key; the id before it is what signatures, logs and keys revoke call it.

Example: geodrop keys show origin.key`
}

func (c *keysShowCmd) Run(r *run) error {
	key, keyErr := trust.ReadKey(c.File)
	if keyErr == nil {
		return printKey(r.stdout, "trusted", trust.Named{Public: key.Public()})
	}
	if !errors.Is(keyErr, trust.ErrKey) {
		return wrong(keyErr)
	}
	keys, err := trust.ReadKeys(c.File)
	if err != nil {
		return wrong(err)
	}
	for _, n := range keys.Trusted {
		err = errors.Join(err, printKey(r.stdout, "trusted", n))
	}
	for _, n := range keys.Revoked {
		err = errors.Join(err, printKey(r.stdout, "revoked", n))
	}
	for _, name := range keys.Lineages {
		_, printErr := fmt.Fprintln(r.stdout, "lineage", name)
		err = errors.Join(err, printErr)
	}
	return err
}

func printKey(w io.Writer, word string, n trust.Named) error {
	line := fmt.Sprintf("%s  %s %s", n.ID(), word, n.Public)
	if n.Comment != "" {
		line += " " + n.Comment
	}
	_, err := fmt.Fprintln(w, printable(line))
	return err
}

type keysRotateCmd struct {
	Key     string `required:"" placeholder:"KEY" help:"Private key to replace; the old one stays beside it, as KEY.ID."`
	Trust   string `required:"" placeholder:"FILE" help:"File of trusted keys that gets the new one."`
	Comment string `placeholder:"TEXT" help:"What people are to know of the new key."`
}

func (*keysRotateCmd) Help() string {
	return `Afterwards: give FILE to all nodes and relays, which look at it by themselves;
start the origin with the new key, and with the old one as long as some nodes may
lack FILE; then revoke the old one and give FILE to all again.

Example: geodrop keys rotate --key origin.key --trust trusted.keys
         geodrop origin --key origin.key,origin.key.0123456789abcdef …
         geodrop keys revoke --trust trusted.keys 0123456789abcdef`
}

func (c *keysRotateCmd) Run(r *run) error {
	old, err := trust.ReadKey(c.Key)
	if err != nil {
		return wrong(err)
	}
	keys, err := trust.ReadKeys(c.Trust)
	if err != nil {
		return wrong(err)
	}
	if !slices.ContainsFunc(keys.Trusted, func(n trust.Named) bool { return n.Public == old.Public() }) {
		return notRight{fmt.Errorf("%s does not trust key %s: name the file that the nodes have", c.Trust, old.Public().ID())}
	}
	key, err := trust.NewKey()
	if err != nil {
		return err
	}
	if err := addKey(c.Trust, key, c.Comment); err != nil { // first: nobody signs with what is not trusted
		return err
	}
	if err := old.Replace(c.Key, key); err != nil {
		return err
	}
	if err := printKey(r.stdout, "trusted", trust.Named{Public: key.Public(), Comment: c.Comment}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.stdout, "The key before is in %s.%s.\n", c.Key, old.Public().ID())
	return err
}

type keysRevokeCmd struct {
	Trust string `required:"" placeholder:"FILE" help:"File of trusted keys."`
	ID    string `arg:"" placeholder:"ID" help:"Of the key, as keys show has it."`
}

func (*keysRevokeCmd) Help() string {
	return `The key stays in the file, as one that is not to be trusted again. Nodes that have
the file from now on refuse what is signed with that key alone.

Example: geodrop keys revoke --trust trusted.keys 0123456789abcdef`
}

func (c *keysRevokeCmd) Run(*run) error {
	err := trust.Update(c.Trust, func(k trust.Keys) (trust.Keys, error) { return k.Revoke(c.ID) })
	if err != nil {
		return wrong(err)
	}
	return nil
}

func addKey(file string, key trust.Key, comment string) error {
	return trust.Update(file, func(k trust.Keys) (trust.Keys, error) {
		return k.Trust(trust.Named{Public: key.Public(), Comment: comment})
	})
}

// readKeys reads private keys.
func readKeys(files []string) ([]trust.Key, error) {
	var list []trust.Key
	for _, file := range files {
		key, err := trust.ReadKey(file)
		if err != nil {
			return nil, wrong(err)
		}
		list = append(list, key)
	}
	return list, nil
}
