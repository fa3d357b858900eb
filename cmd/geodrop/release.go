package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

type releaseCmd struct {
	List     releaseListCmd     `cmd:"" help:"Show releases, channels, and which node serves what."`
	Promote  releasePromoteCmd  `cmd:"" help:"Move a channel to a release."`
	Rollback releaseRollbackCmd `cmd:"" help:"Move a channel back to the release that it was at before."`
	Pin      releasePinCmd      `cmd:"" help:"Keep a channel where it is, whatever is published."`
	Unpin    releaseUnpinCmd    `cmd:"" help:"Let a channel follow what is published again."`
	MarkBad  releaseMarkBadCmd  `cmd:"" name:"mark-bad" help:"Have a release never served again."`
}

func (*releaseCmd) Help() string {
	return `They ask the admin interface of an origin, with the token of its environment.

Example: geodrop release list`
}

// adminFlags are those of commands that ask an origin as operators.
type adminFlags struct {
	Origin string `default:"http://127.0.0.1:8092" placeholder:"URL" env:"GEODROP_ADMIN" help:"Where the origin answers operators (its --admin). Default: ${default}."`
	Token  string `name:"admin-token" env:"GEODROP_ADMIN_TOKEN" placeholder:"TOKEN" help:"The token of operators; better given by the environment."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

// channelFlags are those of commands about a channel.
type channelFlags struct {
	adminFlags
	Channel string `default:"main" placeholder:"NAME" help:"Default: ${default}."`
}

// answerBytes bounds what is read of an origin's answer.
const answerBytes = 64 << 20

// ask sends a request and decodes the answer.
func (c *adminFlags) ask(r *run, method string, body, into any, path ...string) error {
	at, err := url.Parse(c.Origin)
	if err != nil || at.Host == "" {
		return usage{errors.New("--origin is a URL such as http://127.0.0.1:8092")}
	}
	if c.Token == "" {
		return usage{errors.New("say who asks: GEODROP_ADMIN_TOKEN=TOKEN, as the origin has it")}
	}
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.ctx, method, at.JoinPath(path...).String(), bytes.NewReader(sent))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	const patience = 2 * time.Minute // a publication may have to end first
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("ask the origin: %w: was the origin started with GEODROP_ADMIN_TOKEN? Without it nobody answers operators; else name its --admin with --origin", err)
	}
	if err != nil {
		return fmt.Errorf("ask the origin: %w", err)
	}
	defer resp.Body.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerBytes))
	if err != nil {
		return fmt.Errorf("ask the origin: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode, b)
	}
	if c.JSON {
		_, err := r.stdout.Write(b)
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read the answer of the origin: %w", err)
	}
	return nil
}

// refusal is what an origin says instead of an answer.
func refusal(status int, body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		problem.Detail = http.StatusText(status)
	}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return errors.New("the origin has another token of operators: give GEODROP_ADMIN_TOKEN as it was when the origin was started")
	}
	err := fmt.Errorf("the origin answers: %s", problem.Detail)
	if status == http.StatusNotFound || status == http.StatusConflict {
		return notRight{err}
	}
	return err
}

// move asks for pointers to move, and says where they are. First comes what was
// done beside that, if anything was.
func (c *adminFlags) move(r *run, done string, body any, path ...string) error {
	var moved []manifest.Pointer
	if err := c.ask(r, http.MethodPost, body, &moved, path...); err != nil || c.JSON {
		return err
	}
	t := table{w: r.stdout}
	if done != "" {
		t.line("%s", printable(done))
	}
	for _, p := range moved {
		t.line("%s", printable(whereabouts(p)))
	}
	return t.err
}

// whereabouts says which nodes of a channel are given which release: without that
// the start of a wave and its end would look alike.
func whereabouts(p manifest.Pointer) string {
	at := fmt.Sprintf("Channel %s is at %s since %s, ", p.Channel, p.Release, p.Since.Format(time.RFC3339))
	switch {
	case p.Wave.Release != "":
		return at + fmt.Sprintf("and %.4g %% of the nodes get %s.", 100*float64(p.Wave.Share)/manifest.WholeFleet, p.Wave.Release)
	case p.Channel != manifest.DefaultChannel:
		return at + "on nodes with --channel " + p.Channel + "."
	}
	return at + "on all nodes."
}

type releaseListCmd struct{ adminFlags }

func (*releaseListCmd) Help() string {
	return `Nodes tell the origin what they serve within a second or so of a change, and every
half minute; nobody vouches for that. What one failed with last may be over, or may
be one upstream of several: its /readyz knows.

Example: geodrop release list

    GEODROP_ADMIN_TOKEN=… geodrop release list --json`
}

func (c *releaseListCmd) Run(r *run) error {
	var s origin.State
	if err := c.ask(r, http.MethodGet, nil, &s, "v1", "state"); err != nil || c.JSON {
		return err
	}
	t := table{w: r.stdout}
	for _, ch := range s.Channels {
		words := []string{ch.Release, "since", ch.Since.Format(time.RFC3339)}
		if ch.Pinned {
			words = append(words, "pinned")
		}
		t.row("channel "+ch.Channel, printable(strings.Join(words, " ")))
		if w := ch.Under; w != nil {
			t.row("wave "+ch.Channel, printable(fmt.Sprintf("%d of %d since %s: %.4g %% of the nodes get %s; %s",
				w.Number, w.Of, w.Since.Format(time.RFC3339), 100*w.Share, w.Release, heard(w))))
			t.row("lookups "+ch.Channel, w.Lookups.String())
		}
	}
	for _, rel := range s.Releases {
		words := fmt.Sprintf("%s, published %s", phrase.Count(rel.Bytes, "byte"), rel.Published.Format(time.RFC3339))
		if rel.Bad != nil {
			words += ", bad: " + rel.Bad.Reason
		}
		for _, a := range rel.Aside {
			words += ", put aside in " + a.Channel + ": " + a.Reason
		}
		t.row("release "+rel.ID, printable(words))
	}
	for _, n := range s.Nodes {
		t.row("node "+n.Node, printable(told(n)))
	}
	return t.err
}

// told is what a node said last. Its channel is left out where that is the one of
// nodes that name none.
func told(n origin.NodeState) string {
	words := "no release"
	if n.Release != "" {
		words = n.Release + " since " + n.Since.Format(time.RFC3339)
	}
	if n.Class != "" {
		words += ", last failed with " + n.Class
	}
	if n.Refused != "" {
		words += ", refuses " + n.Refused
	}
	if n.Channel != manifest.DefaultChannel {
		words += ", follows " + n.Channel
	}
	return words
}

// heard is what the nodes of a wave said since it got this wide. Those that serve
// its release from before tell so at their next report.
func heard(w *origin.WaveState) string {
	switch {
	case w.Heard == 0:
		return "no node reports, and it waits until one does"
	case w.Nodes == 0:
		return fmt.Sprintf("of %d that report none is in it, and it takes one in unless others report within two minutes", w.Heard)
	}
	words := fmt.Sprintf("of %d, %d serve it, %d refuse it", w.Nodes, w.Serving, w.Refusing)
	if quiet := w.Nodes - w.Serving - w.Refusing; quiet > 0 {
		words += fmt.Sprintf(", %d yet to report so", quiet)
	}
	return words
}

type releasePromoteCmd struct {
	channelFlags
	Release string    `arg:"" placeholder:"ID" help:"Release to move to, as release list has it."`
	Wave    []percent `placeholder:"SHARE" help:"Shares of the nodes that get it first, one after the other, such as 5%,25%; default: all at once."`
}

func (*releasePromoteCmd) Help() string {
	return `The release that the channel was at stays there, but does not come back by itself;
the next one that is built is followed, unless the channel is pinned. With --wave
the origin widens from share to share as it does with what it builds, each after the
--bake it was started with; without, a wave that is under way ends.

A channel other than main is made by the first release promoted to it, and is for
nodes started with --channel; what is built goes to main alone.

Example: geodrop release promote r42-9f3ab1c2
         geodrop release promote r42-9f3ab1c2 --channel canary
         geodrop release promote r42-9f3ab1c2 --wave 5%,25%`
}

func (c *releasePromoteCmd) Run(r *run) error {
	order := map[string]any{"release": c.Release}
	if len(c.Wave) > 0 {
		order["waves"] = shares(c.Wave)
	}
	return c.move(r, "", order, "v1", "channels", c.Channel, "promote")
}

type releaseRollbackCmd struct{ channelFlags }

func (*releaseRollbackCmd) Help() string {
	return `Nodes have the release on their disk, as a rule: it is served again in seconds.
While a wave is under way it is the wave that goes back.

Example: geodrop release rollback`
}

func (c *releaseRollbackCmd) Run(r *run) error {
	return c.move(r, "", struct{}{}, "v1", "channels", c.Channel, "rollback")
}

type releasePinCmd struct{ channelFlags }

func (*releasePinCmd) Help() string {
	return `What is built or published later does not move the channel.

Example: geodrop release pin`
}

// Run asks for it.
func (c *releasePinCmd) Run(r *run) error {
	return c.move(r, "Channel "+c.Channel+" is pinned.", struct{}{}, "v1", "channels", c.Channel, "pin")
}

type releaseUnpinCmd struct{ channelFlags }

func (*releaseUnpinCmd) Help() string {
	return `The channel follows what is published again, and goes at once to what was while it
was pinned, unless an operator moved it meanwhile.

Example: geodrop release unpin`
}

// Run asks for it.
func (c *releaseUnpinCmd) Run(r *run) error {
	return c.move(r, "Channel "+c.Channel+" is not pinned.", struct{}{}, "v1", "channels", c.Channel, "unpin")
}

type releaseMarkBadCmd struct {
	adminFlags
	Release string `arg:"" placeholder:"ID" help:"Release that is bad."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why, for those who come later."`
}

func (*releaseMarkBadCmd) Help() string {
	return `Channels that are at it go back to the release before.

Example: geodrop release mark-bad r42-9f3ab1c2 --reason 'no drops in Leeds'`
}

func (c *releaseMarkBadCmd) Run(r *run) error {
	return c.move(r, "Release "+c.Release+" is marked bad.", map[string]string{"reason": c.Reason}, "v1", "releases", c.Release, "bad")
}
