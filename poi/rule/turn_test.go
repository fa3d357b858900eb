package rule

import (
	"fmt"
	"strings"
	"testing"

	"geodrop/poi"
)

// Two prizes of 8 a second come together on Saturdays at 10:00 alone, which is
// the next opening of neither task; the second one may also begin much later.
func TestPaceOfAllOpenings(t *testing.T) {
	badge := "    prizes: [{prize: badge}]\n    quotas:\n      - {prize: badge, district: \"*\", units: 10}\n"
	packet := strings.ReplaceAll(badge, "badge", "packet")
	for _, tc := range []struct{ name, one, other, starts, want string }{
		{"on one day of the week", "10:00-11:00", "Sat 09:00-12:00", "2027-01-01", "gets 16 when task daily is open"},
		{"months later", "10:00-11:00", "Sat 09:00-12:00", "2027-11-01", "gets 16 when task daily is open"},
		{"one after the other", "12:00-13:00", "Sat 09:00-12:00", "2027-01-01", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := edited(t, clean(), [3]string{"merchants.csv", "Tea house,2", "Tea house,10"}, [3]string{"prizes.csv", ",1500,1", ",1510,8"},
				[3]string{"prizes.csv", "collectable,bikes,0,,600,", "collectable,tea,0,,610,8"}, [3]string{"tasks.yaml", "\n    sessions: [\"20:00-22:00\"]", "\n    sessions: [\"12:00-13:00\"]\n    paused: true"},
				[3]string{"tasks.yaml", "    poi_set: west\n", "    poi_set: west\n    paused: true\n"},
				[3]string{"tasks.yaml", "", task("daily", "tea", "all", tc.one, packet)},
				[3]string{"tasks.yaml", "", strings.Replace(task("weekly", "tea", "all", tc.other, badge), "2027-01-01", tc.starts, 1)})
			r := validated(t, files, Options{Severity: map[string]Severity{"window-overlap": Off}})
			if tc.want == "" && len(r.Findings) > 0 || tc.want != "" && (len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, tc.want)) {
				t.Errorf("want %q, found\n%s", tc.want, messages(r))
			}
		})
	}
}

// stall is a task that adds so many KiB to an answer, in a session.
func stall(t *testing.T, id, set, session string, kib int) poi.Task {
	t.Helper()
	s, err := poi.ParseSession(session)
	if err != nil {
		t.Fatal(err)
	}
	return poi.Task{ID: poi.TaskID(id), Title: strings.Repeat("x", kib<<10), Set: poi.SetID(set),
		When:   poi.Schedule{Start: now, End: now.AddDate(1, 0, 0), Sessions: []poi.Session{s}},
		Prizes: []poi.TaskPrize{{Prize: "p", Weight: 1}}, Quotas: []poi.Quota{{Prize: "p", District: poi.AnyDistrict, Units: 1}}}
}

// largest are the messages of answer-too-large about places of these sets.
func largest(tasks []poi.Task, sets ...poi.SetID) (messages []string) {
	v := &View{Now: now, Config: &poi.Config{Tasks: tasks}, Census: &Census{}}
	for _, set := range sets {
		v.Census.Groups = append(v.Census.Groups, Group{Sets: []poi.SetID{set}, POIs: 1})
	}
	tooLarge(v, func(f Finding) { messages = append(messages, f.Object+" "+f.Message) })
	return messages
}

func TestAnswerOfAllOpenings(t *testing.T) {
	const want = "task %s is one of 2 tasks open at once at a place outside all districts: they add %d KiB to an answer, more than 64"
	daily, weekly := stall(t, "daily", "s", "10:00-11:00", 40), stall(t, "weekly", "s", "Sat 09:00-12:00", 40)
	if got := largest([]poi.Task{daily, weekly}, "s"); len(got) != 1 || got[0] != fmt.Sprintf(want, "daily", 80) {
		t.Errorf("found %q where tasks meet on Saturdays", got)
	}
	if got := largest([]poi.Task{daily, stall(t, "late", "s", "11:00-12:00", 40)}, "s"); len(got) > 0 {
		t.Errorf("found %q where one task opens when the other closes", got)
	}
	crowd := []poi.Task{stall(t, "large-1", "s", "20:00-21:00", 40), stall(t, "large-2", "s", "20:30-21:00", 40)}
	for i := range 3 {
		crowd = append(crowd, stall(t, fmt.Sprint("small-", i), "s", "10:00-11:00", 1))
	}
	if got := largest(crowd, "s"); len(got) != 1 || got[0] != fmt.Sprintf(want, "large-1", 80) {
		t.Errorf("found %q where more but smaller tasks meet at another time", got)
	}
}

// Crowds of which nothing is to be said do not stop the search for one of which
// there is.
func TestHarmlessCrowds(t *testing.T) {
	var tasks []poi.Task
	var sets []poi.SetID
	for i := range 2 * maxCrowds {
		set := fmt.Sprintf("s%03d", i)
		sets = append(sets, poi.SetID(set))
		tasks = append(tasks, stall(t, set+"-am", set, "09:00-10:00", 40), stall(t, set+"-pm", set, "16:00-17:00", 40))
	}
	tasks = append(tasks, stall(t, "z", "s199", "09:00-10:00", 40))
	if got := largest(tasks, sets...); len(got) != 1 || !strings.HasPrefix(got[0], "task s199-am is one of 2 ") {
		t.Errorf("found %q, want one of set s199", got)
	}
}

// What is looked at is bounded, however many tasks there are.
func TestTurnsAreBounded(t *testing.T) {
	daily, weekly := stall(t, "daily", "s", "10:00-11:00", 1), stall(t, "weekly", "s", "Sat 09:00-12:00", 1)
	turns := turns{now: now, left: 3}
	if got := turns.of([]*poi.Task{&daily, &weekly}); len(got) != 6 || turns.left != 0 {
		t.Errorf("%d turns, %d left to look at, want 3 openings and none", len(got), turns.left)
	}
}
