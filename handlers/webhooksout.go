package handlers

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/tell"
	"tidegate/views"
)

// productBase are the addresses of the host product that are told of changes.
const productBase = hooksBase + "/product"

// mostSubscribers bounds the list of one workspace.
const mostSubscribers = 10

var productPages = []route{
	{"GET", productBase, admins, productHooks},
	{"POST", productBase, admins, createSubscriber},
	{"GET", productBase + "/:id", admins, productHook},
	{"POST", productBase + "/:id/secret", admins, redrawSecret},
	{"POST", productBase + "/:id/disable", admins, switchSubscriber(true)},
	{"POST", productBase + "/:id/enable", admins, switchSubscriber(false)},
	{"GET", productBase + "/:id/delete", admins, askDeleteSubscriber},
	{"POST", productBase + "/:id/delete", admins, deleteSubscriber},
}

func productURL(id string) string { return productBase + "/" + url.PathEscape(id) }

func productHooks(v *visit) error { return v.showSubscribers(gateway.Subscriber{}, nil) }

func (v *visit) showSubscribers(typed gateway.Subscriber, problem *gateway.Error) error {
	all, err := v.ws.Subscribers(v.UserContext())
	if err != nil {
		return err
	}
	list := views.ListPage{
		Shell: v.s.shell(v, "Webhooks to your product", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Webhooks", URL: hooksBase}}, Title: "Webhooks to your product",
			Lead: "Your product is told which record changed in Salesforce, signed as Standard Webhooks prescribe, at least once, tried again for three days.",
		},
		Caption: "Webhooks to your product",
		Columns: []views.Column{{Text: "Name"}, {Text: "State"}, {Text: "Last delivery"}, {Text: "Made", Wide: true}},
		Empty:   views.Empty{Icon: views.IconLink, Title: "Nobody is told yet", Text: "Add the address at which your product takes webhooks. Its secret is shown once."},
	}
	for _, s := range all {
		last := views.Cell{Text: "None yet"}
		if told, err := v.ws.Tellings(v.UserContext(), s.ID, 0, 1); err != nil {
			return err
		} else if len(told) > 0 {
			last = views.Cell{Time: v.clock().full(told[0].At), Chip: tellingChip(told[0])}
		}
		list.Rows = append(list.Rows, views.Row{ID: s.ID, Cells: []views.Cell{
			{Text: s.Name, Second: s.URL, URL: productURL(s.ID)}, {Chip: subscriberChip(s)}, last, {Time: v.clock().full(s.CreatedAt), Second: s.CreatedBy},
		}})
	}
	form := views.SmallForm{
		Title: "Add an address", Text: "Messages say which record changed and which fields, not their values; your product reads those from the API.", Button: "Add",
		Form: views.Form{URL: productBase},
		Fields: []views.Field{
			{Name: "name", Label: "Name", Value: typed.Name, Required: true, MaxLength: "60"},
			{Name: "url", Label: "Address", Value: typed.URL, Required: true, MaxLength: "500", Type: "url", Placeholder: "https://product.example/hooks/tidegate"},
		},
	}
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.Webhooks(views.WebhooksPage{List: list, Create: &form}))
}

func createSubscriber(v *visit) error {
	s := gateway.Subscriber{ID: NewID(), Name: strings.TrimSpace(v.posted("name")), URL: strings.TrimSpace(v.posted("url")), CreatedBy: v.member.Name}
	if s.Name == "" || utf8.RuneCountInString(s.Name) > 60 {
		return v.showSubscribers(s, gateway.InvalidField("name", "Give it a name of up to 60 characters."))
	}
	if problem := v.checkTarget(s.URL); problem != nil {
		return v.showSubscribers(s, problem)
	}
	all, err := v.ws.Subscribers(v.UserContext())
	if err != nil {
		return err
	}
	if len(all) >= mostSubscribers {
		return v.showSubscribers(s, gateway.InvalidField("name", "There are %d addresses already. Delete one that is not needed.", mostSubscribers))
	}
	secret := newHookSecret()
	s.Sealed = v.s.Vault.Seal([]byte(secret), v.ws.ID(), s.SealedAs())
	if err := v.ws.CreateSubscriber(v.UserContext(), s); err != nil {
		return err
	}
	v.s.audit(v, "added a webhook to the product", s.Name)
	return v.showSubscriber(s.ID, secret)
}

// checkTarget refuses addresses inside our network and those that are none
// (S-13). The address is looked at once more when the connection is made.
func (v *visit) checkTarget(address string) *gateway.Error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || len(address) > 500 || u.Scheme != "https" && u.Scheme != "http" {
		return gateway.InvalidField("url", "Give the whole address, such as https://product.example/hooks/tidegate.")
	}
	if v.s.CheckTarget != nil && v.s.CheckTarget(address) != nil {
		return gateway.InvalidField("url", "Tidegate does not send to this address. It takes public https addresses; an operator can allow another by TIDEGATE_ALLOWED_HOSTS.")
	}
	return nil
}

func productHook(v *visit) error { return v.showSubscriber(v.Params("id"), "") }

// showSubscriber is the page of one; secret is shown where it was just drawn.
func (v *visit) showSubscriber(id, secret string) error {
	s, err := v.ws.Subscriber(v.UserContext(), id)
	if err != nil {
		return err
	}
	base, after := productURL(s.ID), int64(0)
	if v.Method() == fiber.MethodGet {
		after, _ = strconv.ParseInt(v.Query("after"), 10, 64) // no number is the first page
	}
	told, err := v.ws.Tellings(v.UserContext(), s.ID, after, deliveriesSize+1)
	if err != nil {
		return err
	}
	p := views.WebhookPage{
		Shell: v.s.shell(v, s.Name, views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Webhooks", URL: hooksBase}, {Text: "To your product", URL: productBase}}, Title: s.Name, Chip: subscriberChip(s),
			Actions: []views.Action{
				{Text: "Draw a new secret", URL: base + "/secret", Post: true},
				{Text: "Disable", URL: base + "/disable", Post: true},
				{Text: "Delete", URL: base + "/delete", Style: views.Destructive},
			},
		},
		Facts: []views.Fact{
			{Label: "Address", Value: s.URL, Mono: true},
			{Label: "Message", Value: tell.Type, Mono: true, Second: "Object, id, change, names of changed fields, when it was committed, and which of your people or meetings it is."},
			{Label: "Signed", Value: "webhook-id, webhook-timestamp, webhook-signature", Mono: true, Second: "Standard Webhooks 1.0. The id stays the same when a message comes again."},
			{Label: "Added", Value: v.clock().full(s.CreatedAt).Text + ", " + s.CreatedBy},
		},
		DeliveriesText: "What was told in the last seven days, newest first.",
	}
	if s.Disabled {
		p.Head.Actions[1] = views.Action{Text: "Enable", URL: base + "/enable", Post: true}
		p.Notice = views.Notice{Tone: views.Attention, Icon: views.IconPause, Strong: "Nothing is told.", Text: orSomething(s.Why, "It was disabled by an admin. What is observed meanwhile is told when it is enabled.")}
	}
	if secret != "" {
		p.Secret = &views.Once{Title: "The secret", Text: "Shown this once. Your product checks each message with it.", Value: secret}
	}
	p.Deliveries = v.tellingList(s, told)
	return render(v.Ctx, views.Webhook(p))
}

func (v *visit) tellingList(s gateway.Subscriber, told []gateway.Telling) views.ListPage {
	out := views.ListPage{
		Caption: "Deliveries", Columns: []views.Column{{Text: "Message"}, {Text: "Record"}, {Text: "State"}, {Text: "Tries", Number: true}, {Text: "Answer"}},
		Empty: views.Empty{Icon: views.IconClock, Title: "Nothing told yet", Text: "The next change in Salesforce is told within seconds."},
	}
	if len(told) > deliveriesSize {
		told = told[:deliveriesSize]
		out.Pager.OlderURL = productURL(s.ID) + "?after=" + strconv.FormatInt(told[len(told)-1].ID, 10)
	}
	clk := v.clock()
	for _, t := range told {
		if t.Body == "" {
			continue // nothing that is told
		}
		answer := views.Cell{Text: t.Problem, Second: tellingNext(clk, t)}
		if t.Status != 0 {
			answer.Text = strings.TrimSpace("HTTP " + strconv.Itoa(t.Status) + ". " + t.Problem)
		}
		out.Rows = append(out.Rows, views.Row{Cells: []views.Cell{
			{Text: tell.MessageID(t.ID), Mono: true, Second: clk.full(t.At).Text},
			{Text: t.Key.Object, Second: t.Key.ID, URL: recordURL(t.Key)},
			{Chip: tellingChip(t)},
			{Text: strconv.Itoa(t.Attempt)},
			answer,
		}})
	}
	return out
}

func tellingNext(clk clock, t gateway.Telling) string {
	if t.State == gateway.TellingWaiting && t.Attempt > 0 {
		return "next " + clk.at(t.DueAt).Text
	}
	return ""
}

func tellingChip(t gateway.Telling) views.Chip {
	switch t.State {
	case gateway.TellingDone:
		return views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Taken"}
	case gateway.TellingAbandoned:
		return views.Chip{Tone: views.Bad, Icon: views.IconCross, Text: "Given up"}
	}
	return views.StateChip(views.StateWaiting)
}

func subscriberChip(s gateway.Subscriber) views.Chip {
	switch {
	case s.Disabled:
		return views.Chip{Tone: views.Idle, Icon: views.IconPause, Text: "Disabled"}
	case !s.FailingSince.IsZero():
		return views.Chip{Tone: views.Bad, Icon: views.IconWarning, Text: "Failing"}
	}
	return views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Enabled"}
}

// redrawSecret replaces the secret; the old one proves nothing from then on.
func redrawSecret(v *visit) error {
	s, err := v.ws.Subscriber(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	secret := newHookSecret()
	s.Sealed = v.s.Vault.Seal([]byte(secret), v.ws.ID(), s.SealedAs())
	if err := v.ws.SaveSubscriber(v.UserContext(), s); err != nil {
		return err
	}
	v.s.audit(v, "drew a new secret of a webhook to the product", s.Name)
	return v.showSubscriber(s.ID, secret)
}

func switchSubscriber(off bool) func(*visit) error {
	return func(v *visit) error {
		s, err := v.ws.Subscriber(v.UserContext(), v.Params("id"))
		if err != nil {
			return err
		}
		told, word := "hook-on", "enabled"
		if off {
			told, word = "product-off", "disabled"
		}
		s.Disabled, s.Why, s.FailingSince = off, "", time.Time{}
		if err := v.ws.SaveSubscriber(v.UserContext(), s); err != nil {
			return err
		}
		v.s.audit(v, word+" a webhook to the product", s.Name)
		return v.Redirect(productURL(s.ID)+"?saved="+told, fiber.StatusSeeOther)
	}
}

func askDeleteSubscriber(v *visit) error {
	s, err := v.ws.Subscriber(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	return render(v.Ctx, views.Confirm(views.ConfirmPage{
		Shell:   v.s.shell(v, "Delete a webhook", views.NavSettings),
		Head:    views.Head{Crumb: []views.Link{{Text: "To your product", URL: productBase}}, Title: "Delete " + s.Name},
		Effects: []string{"Nothing is told to this address any more; messages that wait are dropped, and so is the list of deliveries."},
		Kept:    []string{"Changes in Salesforce come in as before."},
		Form:    views.Form{URL: productURL(s.ID) + "/delete"},
		Action:  views.Action{Text: "Delete this webhook", Style: views.Destructive},
		Cancel:  views.Link{Text: "Keep it", URL: productURL(s.ID)},
	}))
}

func deleteSubscriber(v *visit) error {
	s, err := v.ws.Subscriber(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	if err := v.ws.DeleteSubscriber(v.UserContext(), s.ID); err != nil {
		return err
	}
	v.s.audit(v, "deleted a webhook to the product", s.Name)
	return v.Redirect(productBase+"?saved=hook-gone", fiber.StatusSeeOther)
}
