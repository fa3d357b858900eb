package poi

import (
	"fmt"
	"strconv"
	"time"

	"geodrop/grid/coord"
)

// TaskID names a task.
type TaskID string

// Task is what is dropped: a campaign item of one merchant.
type Task struct {
	ID       TaskID     `json:"id"`
	Title    string     `json:"title"`
	Merchant MerchantID `json:"merchant"`
	Set      SetID      `json:"poi_set"` // AllPOIs for every POI
	When     Schedule   `json:"when"`    // with both bounds
	// Preview is how long before a session the drops are shown as upcoming.
	Preview time.Duration `json:"preview_ns,omitempty"`
	// ClaimRadius is how close to the POI a player has to be.
	ClaimRadius coord.Metres `json:"claim_radius_m"`
	Caps        Caps         `json:"caps,omitzero"`
	Prizes      []TaskPrize  `json:"prizes"`
	Quotas      []Quota      `json:"quotas"`
	Paused      bool         `json:"paused,omitempty"`
	Priority    int32        `json:"priority,omitempty"` // higher comes first in an answer
}

// The limits of a task's figures.
const (
	MaxPreview                = 30 * 24 * time.Hour
	MinClaimRadius            = coord.Metres(1)
	MaxClaimRadius            = coord.Metres(395) // what every lookup on the default grid is sure to cover
	DefaultClaimRadius        = coord.Metres(50)
	MaxCooldown               = 366 * 24 * time.Hour
	MaxCap             uint32 = 1_000_000
)

// Caps bound what one user may claim from a task. Zero is no bound.
type Caps struct {
	PerDay   uint32        `json:"per_day,omitempty"` // per calendar day of the schedule's time zone
	Total    uint32        `json:"total,omitempty"`
	Cooldown time.Duration `json:"cooldown_ns,omitempty"` // between two claims
}

// TaskPrize is one of the prizes that a claim draws from, with probability
// Weight over the sum of the weights of those that are left.
type TaskPrize struct {
	Prize  PrizeID `json:"prize"`
	Weight uint32  `json:"weight"` // 1…MaxWeight
}

// Quota is how many units of a prize a task may give in a district.
//
// A row for AnyDistrict is one pool shared by every district that has no row of
// its own for that prize. A row with 0 units therefore takes its district out
// of the pool.
type Quota struct {
	Prize    PrizeID `json:"prize"`
	District Adcode  `json:"district"`
	Units    uint64  `json:"units"`
}

// QuotaFor is the index in Quotas of the row that claims of that prize in that
// district are counted against; -1 if there is none. The district is empty for
// a place outside all districts.
func (t *Task) QuotaFor(prize PrizeID, district Adcode) int {
	shared := -1
	for i := range t.Quotas {
		q := &t.Quotas[i]
		if q.Prize != prize {
			continue
		}
		switch q.District {
		case district:
			return i
		case AnyDistrict:
			shared = i
		}
	}
	return shared
}

// DropsIn reports whether the task has a unit of any prize to give in that
// district; empty for a place outside all districts.
func (t *Task) DropsIn(district Adcode) bool {
	for _, p := range t.Prizes {
		if i := t.QuotaFor(p.Prize, district); i >= 0 && t.Quotas[i].Units > 0 {
			return true
		}
	}
	return false
}

// Check holds the task against the limits of the package; it looks nothing up
// outside the task.
func (t *Task) Check() error {
	if err := t.checkNames(); err != nil {
		return err
	}
	if err := t.checkWhen(); err != nil {
		return err
	}
	if err := t.checkFigures(); err != nil {
		return err
	}
	if err := t.checkPrizes(); err != nil {
		return err
	}
	return t.checkQuotas()
}

func (t *Task) checkNames() error {
	if err := CheckID("id", string(t.ID)); err != nil {
		return err
	}
	if err := CheckText("title", t.Title, MaxNameBytes); err != nil {
		return err
	}
	if err := CheckID("merchant", string(t.Merchant)); err != nil {
		return err
	}
	return CheckID("poi_set", string(t.Set))
}

func (t *Task) checkWhen() error {
	if t.When.Start.IsZero() {
		return invalid("starts_at", CodeMissing, "is missing")
	}
	if t.When.End.IsZero() {
		return invalid("ends_at", CodeMissing, "is missing")
	}
	return t.When.Check()
}

func (t *Task) checkFigures() error {
	if err := checkDuration("preview", t.Preview, MaxPreview); err != nil {
		return err
	}
	if !(t.ClaimRadius >= MinClaimRadius && t.ClaimRadius <= MaxClaimRadius) { // written so that NaN fails
		return invalidValue("claim_radius_m", CodeRange, float64(t.ClaimRadius), "is not within %v…%v metres",
			float64(MinClaimRadius), float64(MaxClaimRadius))
	}
	if t.Caps.PerDay > MaxCap {
		return invalidValue("caps.per_day", CodeRange, t.Caps.PerDay, "is more than %d", MaxCap)
	}
	if t.Caps.Total > MaxCap {
		return invalidValue("caps.total", CodeRange, t.Caps.Total, "is more than %d", MaxCap)
	}
	if err := checkDuration("caps.cooldown", t.Caps.Cooldown, MaxCooldown); err != nil {
		return err
	}
	if t.Priority > MaxPriority || t.Priority < -MaxPriority {
		return invalidValue("priority", CodeRange, t.Priority, "is not within -%d…%d", MaxPriority, MaxPriority)
	}
	return nil
}

func checkDuration(field string, d, limit time.Duration) error {
	if d < 0 || d > limit {
		return invalidValue(field, CodeRange, d, "is not within 0s…%v", limit)
	}
	return nil
}

func (t *Task) checkPrizes() error {
	if len(t.Prizes) == 0 {
		return invalid("prizes", CodeMissing, "are missing")
	}
	if len(t.Prizes) > MaxTaskPrizes {
		return invalid("prizes", CodeTooMany, "are %d, more than %d", len(t.Prizes), MaxTaskPrizes)
	}
	for i, p := range t.Prizes {
		field := "prizes[" + strconv.Itoa(i) + "]"
		if err := CheckID(field+".prize", string(p.Prize)); err != nil {
			return err
		}
		if p.Weight < 1 || p.Weight > MaxWeight {
			return invalidValue(field+".weight", CodeRange, p.Weight, "is not within 1…%d", MaxWeight)
		}
		if t.prizeIndex(p.Prize) != i {
			return invalidText(field+".prize", CodeDuplicate, string(p.Prize), "is listed before")
		}
	}
	return nil
}

func (t *Task) prizeIndex(id PrizeID) int {
	for i := range t.Prizes {
		if t.Prizes[i].Prize == id {
			return i
		}
	}
	return -1
}

func (t *Task) checkQuotas() error {
	if len(t.Quotas) > MaxQuotas {
		return invalid("quotas", CodeTooMany, "are %d, more than %d", len(t.Quotas), MaxQuotas)
	}
	type key struct {
		prize    PrizeID
		district Adcode
	}
	seen := make(map[key]int, len(t.Quotas))
	for i, q := range t.Quotas {
		field := fmt.Sprintf("quotas[%d]", i)
		if err := t.checkQuota(field, q); err != nil {
			return err
		}
		if first, dup := seen[key{q.Prize, q.District}]; dup {
			return invalid(field, CodeDuplicate, "is for the same prize and district as quotas[%d]", first)
		}
		seen[key{q.Prize, q.District}] = i
	}
	return nil
}

func (t *Task) checkQuota(field string, q Quota) error {
	if err := CheckID(field+".prize", string(q.Prize)); err != nil {
		return err
	}
	if t.prizeIndex(q.Prize) < 0 {
		return invalidText(field+".prize", CodeDangling, string(q.Prize), "is not among the task's prizes")
	}
	if err := CheckID(field+".district", string(q.District)); err != nil {
		return err
	}
	return checkUnits(field+".units", q.Units)
}
