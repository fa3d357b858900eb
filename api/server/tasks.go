package server

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/poi"
	"geodrop/poi/catalog"
)

// getTask tells the state of a task. What is still hidden from players, a task
// before its preview, is for operators only: to others it does not exist.
func getTask(x *exchange) error {
	if err := x.checkAccept(jsonType); err != nil {
		return err
	}
	at, err := x.timeAsked()
	if err != nil {
		return err
	}
	release, err := x.release()
	if err != nil {
		return err
	}
	c := release.Catalog()
	id := poi.TaskID(x.parameter("id"))
	i, ok := slices.BinarySearchFunc(c.Tasks, id, func(t poi.Task, id poi.TaskID) int { return cmp.Compare(t.ID, id) })
	if !ok {
		return noTask()
	}
	task := &c.Tasks[i]
	status := task.StatusAt(at)
	if status.State == poi.Upcoming && !status.Visible && !x.isOperator() {
		return noTask()
	}
	answer := api.TaskAnswer{Release: release.Manifest().ID, Task: describe(c, task, status), Visible: status.Visible, AsOf: at.UTC()}
	if next, ok := task.NextChange(at); ok {
		answer.NextChange = next
	}
	return x.sendTask(&answer)
}

func noTask() error {
	return api.NewProblem(api.CodeTaskNotFound, "id", "names no task that can be seen")
}

// timeAsked is the parameter at, which is for operators, or now.
func (x *exchange) timeAsked() (time.Time, error) {
	at, err := api.ParseTaskTime(x.r.URL.RawQuery)
	if err != nil {
		return at, err
	}
	if at.IsZero() {
		return x.server.options.Now().Round(0), nil
	}
	return at, x.checkOperator("at")
}

// describe is a task as lookups answer it.
func describe(c *catalog.Catalog, t *poi.Task, status poi.Status) query.Task {
	merchant := string(t.Merchant)
	i, ok := slices.BinarySearchFunc(c.Merchants, t.Merchant, func(m poi.Merchant, id poi.MerchantID) int { return cmp.Compare(m.ID, id) })
	if ok {
		merchant = cmp.Or(c.Merchants[i].Name, merchant)
	}
	d := query.Task{
		ID: t.ID, Title: t.Title, Merchant: merchant, State: status.State, StartsAt: t.When.Start, EndsAt: t.When.End,
		OpensAt: status.Opens, ClosesAt: status.Closes, ClaimRadius: t.ClaimRadius, Prizes: []poi.PrizeID{},
	}
	for _, p := range t.Prizes {
		d.Prizes = append(d.Prizes, p.Prize)
	}
	return d
}

func (x *exchange) sendTask(a *api.TaskAnswer) error {
	scope := "public"
	if x.r.Header.Get("Authorization") != "" {
		scope = "private"
	}
	age := x.maxAge(a.NextChange)
	x.w.Header()["Cache-Control"] = []string{scope + ", max-age=" + strconv.Itoa(int(age/time.Second))}
	return x.sendJSON(http.StatusOK, a)
}

// sendJSON sends a value of a route that is not worth an encoder of its own.
func (x *exchange) sendJSON(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	x.send(status, jsonType, b)
	return nil
}
