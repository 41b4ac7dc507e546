package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/topic"
	"tidegate/views"
)

const topicsBase = "/settings/topics"

// topicPages are the pages of topics, all for admins.
var topicPages = []route{
	{"GET", topicsBase, admins, topicList},
	{"POST", topicsBase, admins, addTopic},
	{"GET", topicsBase + "/:slug", admins, topicPage},
	{"POST", topicsBase + "/:slug", admins, saveTopic},
	{"GET", topicsBase + "/:slug/archive", admins, askArchive},
	{"POST", topicsBase + "/:slug/archive", admins, archiveTopic(true)},
	{"POST", topicsBase + "/:slug/restore", admins, archiveTopic(false)},
}

func topicURL(slug string) string { return topicsBase + "/" + url.PathEscape(slug) }

// topics are all topics with all mappings, which say where they are in use.
func (v *visit) topics() ([]gateway.Topic, []gateway.Mapping, error) {
	all, err := v.ws.Topics(v.UserContext())
	if err != nil {
		return nil, nil, err
	}
	mappings, err := v.ws.Mappings(v.UserContext(), "")
	return all, mappings, err
}

func topicList(v *visit) error { return v.showTopics(gateway.Topic{}, nil) }

func (v *visit) showTopics(typed gateway.Topic, problem *gateway.Error) error {
	all, mappings, err := v.topics()
	if err != nil {
		return err
	}
	archived := v.Query("show") == "archived"
	p := views.TopicsPage{
		List: views.ListPage{
			Shell:   v.s.shell(v, "Topics", views.NavSettings),
			Head:    views.Head{Title: "Topics", Lead: "Headings under which the product notes what was said (Smart Topics). Map one to a Salesforce field, and its notes are written there."},
			Caption: "Topics",
			Columns: []views.Column{{Text: "Topic"}, {Text: "In the deal"}, {Text: "Written to"}, {Text: "Changed", Wide: true}},
			Empty:   views.Empty{Icon: views.IconNote, Title: "No archived topic", Text: "A topic that you archive appears here, and can be brought back.", Actions: []views.Action{{Text: "Show topics in use", URL: topicsBase}}},
		},
		Show: views.Segments{Label: "Which topics", Items: []views.Segment{
			{Text: "In use", URL: topicsBase, Current: !archived}, {Text: "Archived", URL: topicsBase + "?show=archived", Current: archived},
		}},
	}
	for _, t := range all {
		if t.Archived == archived {
			p.List.Rows = append(p.List.Rows, v.topicRow(t, mappings))
		}
	}
	if !archived {
		if p.First, err = v.mapFirst(all, mappings); err != nil {
			return err
		}
		form := topicForm(typed, "Add a topic", "Add topic", topicsBase)
		mark(&form, problem)
		p.Create = &form
	}
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.Topics(p))
}

func (v *visit) topicRow(t gateway.Topic, mappings []gateway.Mapping) views.Row {
	chip := views.Chip{Tone: views.Idle, Icon: views.IconNote, Text: "May be summarized"}
	if t.DateSensitive {
		chip = views.Chip{Tone: views.UnderWay, Icon: views.IconClock, Text: "Date-sensitive"}
	}
	to := views.Cell{Text: "Not written yet"}
	if used := topic.Uses(t.Slug, mappings); len(used) > 0 {
		to = views.Cell{Text: used[0].Object + " · " + used[0].Field, URL: settingsBase + "/objects/" + used[0].Object}
		if len(used) > 1 {
			to.Second = "and " + count(len(used)-1, "more field", "more fields")
		}
	}
	changed := views.Cell{Text: "As delivered"}
	if t.Revision > 0 {
		changed = views.Cell{Time: v.clock().full(t.At), Second: orSomebody(t.By)}
	}
	first := views.Cell{Text: t.Name, URL: topicURL(t.Slug)}
	if len(t.Examples) > 0 {
		first.Second = "“" + t.Examples[0] + "”"
	}
	return views.Row{ID: t.Slug, Cells: []views.Cell{first, {Chip: chip}, to, changed}}
}

// mapFirst is the advice of AVM-52, with what of it is done.
func (v *visit) mapFirst(all []gateway.Topic, mappings []gateway.Mapping) ([]views.Check, error) {
	deal, err := v.schema("Opportunity")
	if err != nil {
		return nil, err
	}
	var out []views.Check
	for _, s := range topic.Suggest(all, mappings, deal) {
		c := views.Check{
			Title: s.Title + " ← " + s.Topic.Name, Warn: len(s.Mapped) == 0, Pass: len(s.Mapped) > 0,
			SetupLink: views.Link{Text: "Open the fields of Opportunity", URL: settingsBase + "/objects/Opportunity"},
		}
		switch {
		case c.Pass:
			c.Text, c.SetupLink = "Written to "+fieldNames(s.Mapped)+".", views.Link{}
		case s.Field.Name != "":
			c.Text = "Your org has a field for it: " + labelOf(s.Field) + "."
		default:
			c.Text = "Opportunity has no text field of this name. Make one in Setup, or choose another field."
		}
		out = append(out, c)
	}
	return out, nil
}

// fieldNames lists mapped fields: "Opportunity.NextStep and Lead.Pain__c".
func fieldNames(mappings []gateway.Mapping) string {
	var names []string
	for _, m := range mappings {
		names = append(names, m.Object+"."+m.Field)
	}
	return list(names)
}

func topicForm(t gateway.Topic, title, button, to string) views.SmallForm {
	order := ""
	if t.Order > 0 {
		order = strconv.Itoa(t.Order)
	}
	return views.SmallForm{
		Title: title, Button: button, Form: views.Form{URL: to, Revision: strconv.FormatInt(t.Revision, 10)},
		Fields: []views.Field{
			{Name: "name", Label: "Name", Value: t.Name, Required: true, MaxLength: "60", Autocomplete: "off", Hint: "As reps say it, such as “Renewal risk”."},
			{Name: "order", Label: "Place in lists", Value: order, Autocomplete: "off", Hint: "1 stands first; empty puts a new one last."},
			{Name: "examples", Label: "Examples", Value: strings.Join(t.Examples, "\n"), Lines: 3, Hint: "What is said under it, one example a line."},
		},
		Switches: []views.Switch{{
			Name: "date_sensitive", Label: "Date-sensitive", On: t.DateSensitive,
			Effect: "Each note holds for its own day, such as an action item. It is never summarized, whatever Advanced Settings say.",
		}},
	}
}

// readTopic takes the form over into t.
func (v *visit) readTopic(t *gateway.Topic, all []gateway.Topic) {
	v.take("name", &t.Name)
	v.flip("date_sensitive", &t.DateSensitive)
	if v.shown("examples") {
		t.Examples = []string{}
		for line := range strings.Lines(v.posted("examples")) {
			if line = strings.TrimSpace(line); line != "" {
				t.Examples = append(t.Examples, line)
			}
		}
	}
	if order := strings.TrimSpace(v.posted("order")); order != "" {
		t.Order, _ = strconv.Atoi(order) // no number is 0, which Check refuses
	} else if t.Order == 0 {
		for _, other := range all {
			t.Order = max(t.Order, other.Order+1)
		}
	}
}

func addTopic(v *visit) error {
	all, _, err := v.topics()
	if err != nil {
		return err
	}
	var t gateway.Topic
	v.readTopic(&t, all)
	t.Slug, t.By = topic.Slug(t.Name, all), v.member.Name
	if len(all) >= topic.Most {
		return v.showTopics(t, gateway.InvalidField("name", "A workspace has at most %d topics. Rename one that is not used.", topic.Most))
	}
	if e, ok := gatewayError(topic.Check(t, all)); ok {
		return v.showTopics(t, e)
	}
	if err := v.ws.SaveTopic(v.UserContext(), t); err != nil {
		return err
	}
	v.s.audit(v, "added the topic "+t.Name, t.Slug)
	return v.Redirect(topicURL(t.Slug)+"?saved=topic", fiber.StatusSeeOther)
}

// topic is the one that the address names, as it is saved.
func (v *visit) topic() (gateway.Topic, error) {
	return v.ws.Topic(v.UserContext(), v.Params("slug"))
}

func topicPage(v *visit) error {
	t, err := v.topic()
	if err != nil {
		return err
	}
	return v.showTopic(t, nil)
}

func (v *visit) showTopic(t gateway.Topic, problem *gateway.Error) error {
	mappings, err := v.ws.Mappings(v.UserContext(), "")
	if err != nil {
		return err
	}
	in, err := v.inForce()
	if err != nil {
		return err
	}
	_, summarized := topic.Summarized(t, in.Advanced.SummarizeTopics)
	p := views.TopicPage{
		Shell: v.s.shell(v, t.Name, views.NavSettings),
		Head:  views.Head{Crumb: []views.Link{{Text: "Topics", URL: topicsBase}}, Title: t.Name},
		Form:  topicForm(t, "Change", "Save topic", topicURL(t.Slug)),
		Facts: []views.Fact{
			{Label: "In mappings and the API", Value: t.Slug, Mono: true},
			{Label: "In the deal", Value: summarized, Link: views.Link{Text: "Advanced Settings", URL: settingsBase + "/advanced"}},
			{Label: "Changed", Value: v.topicChanged(t)},
		},
		Uses: views.ListPage{
			Caption: "Written to", Columns: []views.Column{{Text: "Salesforce field"}, {Text: "Is it written?"}},
			Empty: views.Empty{
				Icon: views.IconLink, Title: "Written to no field yet", Text: "Choose this topic as the Product Property of a Salesforce field.",
				Actions: []views.Action{{Text: "Open the fields of Opportunity", URL: settingsBase + "/objects/Opportunity"}},
			},
		},
	}
	if p.Uses.Rows, err = v.topicUses(t, mappings); err != nil {
		return err
	}
	if t.Archived {
		p.Notice = views.Notice{Tone: views.Idle, Icon: views.IconInfo, Strong: "This topic is archived.", Text: "It is offered nowhere, and nothing new is written of it. What was noted stays."}
		p.Head.Actions = []views.Action{{Text: "Bring back", URL: topicURL(t.Slug) + "/restore", Post: true, Fields: revisionField(t)}}
	} else {
		p.Head.Actions = []views.Action{{Text: "Archive", URL: topicURL(t.Slug) + "/archive", Dialog: true}}
	}
	mark(&p.Form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.Topic(p))
}

func revisionField(t gateway.Topic) []views.Hidden {
	return []views.Hidden{{Name: "revision", Value: strconv.FormatInt(t.Revision, 10)}}
}

func (v *visit) topicChanged(t gateway.Topic) string {
	if t.Revision == 0 {
		return "As delivered; nobody has changed it."
	}
	return "By " + orSomebody(t.By) + ", " + v.clock().full(t.At).Text
}

func (v *visit) topicUses(t gateway.Topic, mappings []gateway.Mapping) ([]views.Row, error) {
	var rows []views.Row
	for _, m := range topic.Uses(t.Slug, mappings) {
		schema, err := v.schema(m.Object)
		if err != nil {
			return nil, err
		}
		field, _ := schema.Field(m.Field)
		_, _, why := mapping.TopicWritten(t.Slug, m, field)
		rows = append(rows, views.Row{Cells: []views.Cell{
			{Kind: squareOf(m.Object), Text: labelOf(fieldOf(schema, m.Field)), Second: m.Object + "." + m.Field, URL: settingsBase + "/objects/" + m.Object},
			{Text: why},
		}})
	}
	return rows, nil
}

func saveTopic(v *visit) error {
	before, err := v.topic()
	if err != nil {
		return err
	}
	all, _, err := v.topics()
	if err != nil {
		return err
	}
	t := before
	v.readTopic(&t, all)
	if e, ok := gatewayError(topic.Check(t, all)); ok {
		return v.showTopic(t, e)
	}
	if seen, err := strconv.ParseInt(v.posted("revision"), 10, 64); err == nil && seen != before.Revision {
		// What was typed stays in the form, which now rests on what is saved.
		return v.showTopic(t, gateway.InvalidField("name", "%s saved this topic meanwhile (now named “%s”). Look at it, then save yours if it still holds.", orSomebody(before.By), before.Name))
	}
	t.By = v.member.Name
	if err := v.ws.SaveTopic(v.UserContext(), t); err != nil {
		return err
	}
	if err := v.auditTopic("changed the topic "+t.Name, before, t); err != nil {
		return err
	}
	return v.Redirect(topicURL(t.Slug)+"?saved=changed", fiber.StatusSeeOther)
}

func (v *visit) auditTopic(what string, before, after gateway.Topic) error {
	return v.ws.Audit(v.UserContext(), gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, What: what, Target: after.Slug, Before: topicWords(before), After: topicWords(after), IP: v.IP(),
	})
}

func topicWords(t gateway.Topic) string {
	words := []string{t.Name, "place " + strconv.Itoa(t.Order), "date-sensitive " + onOff(t.DateSensitive)}
	if t.Archived {
		words = append(words, "archived")
	}
	return strings.Join(slices.Concat(words, t.Examples), "; ")
}

// askArchive warns with where the topic is in use.
func askArchive(v *visit) error {
	t, err := v.topic()
	if err != nil {
		return err
	}
	mappings, err := v.ws.Mappings(v.UserContext(), "")
	if err != nil {
		return err
	}
	p := views.ConfirmPage{
		Shell:   v.s.shell(v, "Archive topic", views.NavSettings),
		Head:    views.Head{Crumb: []views.Link{{Text: "Topics", URL: topicsBase}, {Text: t.Name, URL: topicURL(t.Slug)}}, Title: "Archive " + t.Name},
		Effects: []string{"It is offered nowhere any more: not in mappings, not to the product."},
		Kept:    []string{"All notes that were taken under it, here and in Salesforce.", "You can bring it back at any time."},
		Form:    views.Form{URL: topicURL(t.Slug) + "/archive", Revision: strconv.FormatInt(t.Revision, 10)},
		Action:  views.Action{Text: "Archive topic", Style: views.Destructive},
		Cancel:  views.Link{Text: "Keep it", URL: topicURL(t.Slug)},
	}
	if used := topic.Uses(t.Slug, mappings); len(used) > 0 {
		p.Effects = append(p.Effects, "It is in use: "+fieldNames(used)+" would get nothing new.")
		p.Kept = append(p.Kept, "The mapping itself, which writes again once the topic is back.")
	}
	return render(v.Ctx, views.Confirm(p))
}

func archiveTopic(archive bool) func(*visit) error {
	return func(v *visit) error {
		before, err := v.topic()
		if err != nil {
			return err
		}
		t, flash, what := before, "topic-back", "brought back the topic "
		if archive {
			flash, what = "topic-gone", "archived the topic "
		}
		if t.Archived != archive { // pressed again it changes nothing
			t.Archived, t.By = archive, v.member.Name
			if err := v.ws.SaveTopic(v.UserContext(), t); err != nil {
				return err
			}
			if err := v.auditTopic(what+t.Name, before, t); err != nil {
				return err
			}
		}
		return v.Redirect(topicsBase+"?saved="+flash, fiber.StatusSeeOther)
	}
}
