package main

import "geodrop/data/sample"

type sampleCmd struct {
	Out string `required:"" placeholder:"DIR" help:"Folder for the bundle; made if missing."`
}

func (*sampleCmd) Help() string {
	return `Real places of London with campaigns made up on top of them. The attributions
are in ATTRIBUTION.md.

Example: geodrop sample --out london`
}

func (c *sampleCmd) Run(r *run) error {
	if err := sample.Write(c.Out); err != nil {
		return err
	}
	t := table{w: r.stdout}
	t.line("The sample is in %s.", c.Out)
	return t.err
}
