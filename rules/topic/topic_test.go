package topic_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/topic"
)

func TestSlugsAreLastingNames(t *testing.T) {
	all := gateway.DefaultTopics()
	for _, tt := range []struct{ name, want string }{
		{"Renewal Risk", "renewal-risk"},
		{"  R&D / Legal  ", "r-d-legal"},
		{"Action Items", "action-items-2"},
		{"価格", "topic"},
		{strings.Repeat("a", 80), strings.Repeat("a", 60)},
	} {
		if got := topic.Slug(tt.name, all); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestASlugIsNobodyElses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []gateway.Topic
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`[A-C][ -]?[1-2]?`), 1, 20).Draw(t, "names") {
			slug := topic.Slug(name, all)
			if slug == "" || slices.ContainsFunc(all, func(o gateway.Topic) bool { return o.Slug == slug }) {
				t.Fatalf("%q became %q among %v", name, slug, all)
			}
			all = append(all, gateway.Topic{Slug: slug, Name: name})
		}
	})
}

func TestWhatNoTopicCanBe(t *testing.T) {
	all := gateway.DefaultTopics()
	all[1].Archived = true
	good := gateway.Topic{Slug: "new", Name: "New", Order: 9}
	for _, tt := range []struct {
		name, field, says string
		turn              func(*gateway.Topic)
	}{
		{"whole", "", "", func(*gateway.Topic) {}},
		{"its own name", "", "", func(t *gateway.Topic) { t.Slug, t.Name = "budget", "budget" }},
		{"no name", "name", "up to 60", func(t *gateway.Topic) { t.Name = "" }},
		{"long name", "name", "up to 60", func(t *gateway.Topic) { t.Name = strings.Repeat("ä", 61) }},
		{"taken name", "name", "Another topic", func(t *gateway.Topic) { t.Name = "action ITEMS" }},
		{"archived name", "name", "Bring it back", func(t *gateway.Topic) { t.Name = "Follow-ups" }},
		{"many examples", "examples", "up to 10", func(t *gateway.Topic) { t.Examples = make([]string, 11) }},
		{"long example", "examples", "200", func(t *gateway.Topic) { t.Examples = []string{strings.Repeat("x", 201)} }},
		{"no place", "order", "from 1", func(t *gateway.Topic) { t.Order = 0 }},
		{"far place", "order", "to 999", func(t *gateway.Topic) { t.Order = 1000 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			typed := good
			tt.turn(&typed)
			err := topic.Check(typed, all)
			if (err == nil) != (tt.field == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

func TestDateSensitiveTopicsAreNeverSummarized_AVM47(t *testing.T) {
	for _, tt := range []struct{ sensitive, on, want bool }{
		{false, false, false}, {false, true, true}, {true, false, false}, {true, true, false},
	} {
		got, why := topic.Summarized(gateway.Topic{DateSensitive: tt.sensitive}, tt.on)
		if got != tt.want || why == "" {
			t.Errorf("AVM-46 sensitive %v, switch %v: %v %q", tt.sensitive, tt.on, got, why)
		}
	}
	for _, name := range []string{"Action Items", "Follow-ups"} {
		if !slices.ContainsFunc(gateway.DefaultTopics(), func(t gateway.Topic) bool { return t.Name == name && t.DateSensitive }) {
			t.Errorf("%s is not date-sensitive at the beginning", name)
		}
	}
}

func TestWhatToMapFirst_AVM52(t *testing.T) {
	deal := gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{
		{Name: "NextStep", Label: "Next Step", Type: "string", Updateable: true},
		{Name: "Pain_Summary__c", Label: "Pain", Type: gateway.TypeTextarea}, // may only be read
		{Name: "Pain__c", Label: "Customer pain", Type: gateway.TypeTextarea, Updateable: true},
		{Name: "Competitor__c", Label: "Rival", Type: gateway.TypePicklist, Updateable: true}, // no text
	}}
	mapped := []gateway.Mapping{{Object: "Opportunity", Field: "Pain__c", Topic: "pain-points"}, {Object: "Lead", Field: "X"}}
	topics := gateway.DefaultTopics()
	topics[5].Archived = true // Objections
	got := topic.Suggest(topics, mapped, deal)
	var said []string
	for _, s := range got {
		said = append(said, s.Title+"←"+s.Topic.Name+":"+s.Field.Name)
	}
	if want := []string{"Next Steps←Action Items:NextStep", "Pain Points←Pain Points:Pain__c", "Competitor←Competitors:"}; !slices.Equal(said, want) {
		t.Errorf("AVM-25 %q, want %q", said, want)
	}
	if len(got[1].Mapped) != 1 || len(got[0].Mapped) != 0 || len(topic.Uses("", mapped)) != 0 {
		t.Errorf("mapped %+v", got)
	}
}
