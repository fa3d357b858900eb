package main

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"geodrop/poi/decode"
)

// guides are the pages, each with commands that a test runs as they stand. The one
// about bundles is what package decode says of them.
//
//go:embed guide/*.md
var guides embed.FS

type guideCmd struct {
	Topic string `arg:"" optional:"" placeholder:"TOPIC" help:"Page to print; without it, a list of what there is."`
}

func (*guideCmd) Help() string {
	return `Pages in Markdown for who runs geodrop, with commands to paste.

Example: geodrop guide
         geodrop guide bundle
         geodrop guide operations`
}

func (c *guideCmd) Run(r *run) error {
	topics, err := guideTopics()
	if err != nil {
		return err
	}
	if c.Topic == "" {
		t := table{w: r.stdout}
		for _, topic := range topics {
			t.row(topic.name, topic.title)
		}
		return t.err
	}
	for _, topic := range topics {
		if topic.name == c.Topic {
			_, err := r.stdout.Write(topic.text)
			return err
		}
	}
	return usage{fmt.Errorf("no guide %q: geodrop guide lists them", c.Topic)}
}

// guideTopic is a page; its title is that of the first line.
type guideTopic struct {
	name, title string
	text        []byte
}

func guideTopics() ([]guideTopic, error) {
	files, err := guides.ReadDir("guide")
	if err != nil {
		return nil, err
	}
	page, err := decode.Page()
	if err != nil {
		return nil, err
	}
	topics := []guideTopic{newGuideTopic("bundle", []byte(page))}
	for _, f := range files {
		text, err := guides.ReadFile(path.Join("guide", f.Name()))
		if err != nil {
			return nil, err
		}
		topics = append(topics, newGuideTopic(strings.TrimSuffix(f.Name(), ".md"), text))
	}
	return topics, nil
}

func newGuideTopic(name string, text []byte) guideTopic {
	title, _, _ := strings.Cut(string(text), "\n")
	return guideTopic{name, strings.TrimPrefix(title, "# "), text}
}
