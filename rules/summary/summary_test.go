package summary_test

import (
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tidegate/rules/summary"
)

var day = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func note(kind, id string, days int, text string) summary.Note {
	return summary.Note{Source: summary.Source{Kind: kind, ID: id, Title: strings.ToUpper(id), At: day.AddDate(0, 0, days)}, Text: text}
}

// AVM-46: notes of several meetings and e-mails become one text, where what
// two of them say stands once, in its newest wording, with both as sources.
func TestSeveralConversationsBecomeOneSummary(t *testing.T) {
	got := summary.Extract([]summary.Note{
		note("meeting", "m1", 0, "Every report takes us a day. Nobody trusts the numbers."),
		note("email", "e1", 3, "- Nobody trusts our numbers!\n- The rollout costs 40 seats."),
		note("meeting", "m2", 5, "The rollout costs 60 seats."),
	}, 0)
	want := "The rollout costs 60 seats.\nNobody trusts our numbers!\nThe rollout costs 40 seats.\nEvery report takes us a day."
	if got.Text() != want || len(got.Lines[1].Sources) != 2 {
		t.Errorf("summary:\n%s\n%+v", got.Text(), got.Lines)
	}
	short := summary.Extract([]summary.Note{
		note("meeting", "m1", 0, "Legal must sign first."), note("email", "e1", 1, "Legal must sign it first."), note("meeting", "m2", 2, "They like the colors of the page."),
	}, 30)
	if short.Text() != "Legal must sign it first." || short.Left != 1 || len(short.Lines[0].Sources) != 2 {
		t.Errorf("with little room: %+v", short)
	}
}

func TestWithoutLeavesTheWordsOfOthers(t *testing.T) {
	notes := []summary.Note{note("meeting", "m1", 0, "Legal must sign first. They wait.")}
	if got := summary.Without("Typed by hand\nLegal must sign first.\n• They wait.\nAnd this", notes); got != "Typed by hand\nAnd this" {
		t.Errorf("rest: %q", got)
	}
}

func drawn(t *rapid.T) []summary.Note {
	words := rapid.SampledFrom([]string{"price", "legal", "42", "17", "must", "sign", "the", "roll-out", "Budget", "spring", "x", "ÜBER"})
	text := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 4).Draw(t, "sentences") {
			b.WriteString(strings.Join(rapid.SliceOfN(words, 1, 6).Draw(t, "words"), " "))
			b.WriteString(rapid.SampledFrom([]string{". ", "! ", "\n- ", "\n", " ", "?\r\n"}).Draw(t, "end"))
		}
		return b.String()
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) summary.Note {
		return note(rapid.SampledFrom([]string{"meeting", "email"}).Draw(t, "kind"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"), rapid.IntRange(0, 3).Draw(t, "day"), text.Draw(t, "text"))
	}), 0, 8).Draw(t, "notes")
}

// oneDay gives each source the day that it has first: a source has one.
func oneDay(notes []summary.Note) []summary.Note {
	at := map[[2]string]time.Time{}
	for i := range notes {
		key := [2]string{notes[i].Kind, notes[i].ID}
		if _, known := at[key]; !known {
			at[key] = notes[i].At
		}
		notes[i].At = at[key]
	}
	return notes
}

// Deterministic, blind to order and repetition, idempotent, within its bound,
// and every sentence stands in each of its sources' notes or in one that says
// the same; the newest has its very words.
func TestSummaryIsAFunctionOfItsNotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		notes := oneDay(drawn(t))
		limit := rapid.SampledFrom([]int{0, 20, 60, 255}).Draw(t, "limit")
		got := summary.Extract(notes, limit)
		if limit > 0 && utf8.RuneCountInString(got.Text()) > limit {
			t.Fatalf("%d characters, want at most %d", utf8.RuneCountInString(got.Text()), limit)
		}
		mixed := append(slices.Clone(notes), notes[:len(notes)/2]...)
		rand.New(rand.NewSource(int64(rapid.IntRange(0, 1<<20).Draw(t, "seed")))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if again := summary.Extract(mixed, limit); !reflect.DeepEqual(again, got) {
			t.Fatalf("in another order and repeated:\n%+v\nwant\n%+v", again, got)
		}
		var own []summary.Note
		for _, l := range got.Lines {
			own = append(own, summary.Note{Source: l.Sources[0], Text: l.Text})
			if len(l.Sources) == 0 || !said(notes, l.Sources[0], l.Text) {
				t.Fatalf("%q stands nowhere: %+v", l.Text, l.Sources)
			}
		}
		if twice := summary.Extract(own, limit); twice.Text() != got.Text() {
			t.Fatalf("summarized again:\n%s\nwant\n%s", twice.Text(), got.Text())
		}
		if rest := summary.Without(got.Text(), notes); rest != "" {
			t.Fatalf("its own lines remain: %q", rest)
		}
	})
}

func said(notes []summary.Note, s summary.Source, text string) bool {
	return slices.ContainsFunc(notes, func(n summary.Note) bool {
		return n.Kind == s.Kind && n.ID == s.ID && strings.Contains(strings.Join(strings.Fields(n.Text), " "), text)
	})
}
