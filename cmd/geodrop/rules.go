package main

import (
	"fmt"

	"geodrop/poi"
	reports "geodrop/poi/report"
	"geodrop/poi/rule"
)

type rulesCmd struct {
	Rule   string `arg:"" optional:"" placeholder:"RULE" help:"Id of one rule, to read all there is about it."`
	Format string `enum:"text,markdown,json" default:"text" help:"Format: ${enum}."`
}

func (*rulesCmd) Help() string {
	return `The rules of geodrop validate: what they look at, why it matters, how to mend
what they find, and how severe it is unless rules.yaml says otherwise.

Example: geodrop rules
         geodrop rules quota-over-budget
         geodrop rules --format markdown > RULES.md`
}

func (c *rulesCmd) Run(r *run) error {
	rules := rule.All()
	if c.Rule == "" {
		return reports.Rules(r.stdout, rules, reports.Format(c.Format))
	}
	ids := make([]string, len(rules))
	for i, one := range rules {
		if ids[i] = one.ID; one.ID != c.Rule {
			continue
		}
		if c.Format == string(reports.Text) {
			return reports.RuleText(r.stdout, one)
		}
		return reports.Rules(r.stdout, rules[i:i+1], reports.Format(c.Format))
	}
	if near := poi.Nearest(c.Rule, ids); near != "" {
		return usage{fmt.Errorf("there is no rule %q; did you mean %q?", c.Rule, near)}
	}
	return usage{fmt.Errorf("there is no rule %q; geodrop rules lists them", c.Rule)}
}
