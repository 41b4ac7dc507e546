package handlers

import (
	"crypto/rand"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/hint"
	"tidegate/views"
)

const (
	hooksBase = "/settings/webhooks"
	// overlap is how long the old secret proves after a rotation: the time for
	// which Salesforce still sends what it queued before.
	overlap = 24 * time.Hour
	// mostHooks bounds the list of one workspace.
	mostHooks      = 50
	deliveriesSize = 50 // rows of a page
)

// hookPages are the pages of webhooks, all for admins.
var hookPages = []route{
	{"GET", hooksBase, admins, hooksPage},
	{"POST", hooksBase, admins, createHook},
	{"GET", hooksBase + "/:id", admins, hookPage},
	{"GET", hooksBase + "/:id/rotate", admins, askRotate},
	{"POST", hooksBase + "/:id/rotate", admins, rotateHook},
	{"POST", hooksBase + "/:id/retire", admins, retireSecret},
	{"POST", hooksBase + "/:id/disable", admins, switchHook(true)},
	{"POST", hooksBase + "/:id/enable", admins, switchHook(false)},
	{"GET", hooksBase + "/:id/delete", admins, askDeleteHook},
	{"POST", hooksBase + "/:id/delete", admins, deleteHook},
}

// newHookSecret draws a signing secret of 32 bytes.
func newHookSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return hint.SigningSecret(b[:])
}

// newSecretOf draws a secret of a kind: one to sign with, or one that an
// address can hold.
func newSecretOf(k gateway.HookKind) string {
	if k == gateway.HookEvents {
		return newHookSecret()
	}
	return newToken()
}

func hooksPage(v *visit) error { return v.showHooks(gateway.Hook{}, nil) }

func (v *visit) showHooks(typed gateway.Hook, problem *gateway.Error) error {
	all, err := v.ws.Hooks(v.UserContext())
	if err != nil {
		return err
	}
	list := views.ListPage{
		Shell: v.s.shell(v, "Webhooks", views.NavSettings),
		Head: views.Head{
			Title: "Webhooks", Lead: "Addresses at which Salesforce tells of changes. They only hint: Tidegate then reads the record itself.",
			Link: views.Link{Text: "Tell your product of changes", URL: productBase},
		},
		Caption: "Webhooks",
		Columns: []views.Column{{Text: "Name"}, {Text: "State"}, {Text: "Last delivery"}, {Text: "Made", Wide: true}},
		Empty: views.Empty{
			Icon: views.IconLink, Title: "No webhook yet",
			Text: "Changes come by the stream or by polling already. A webhook helps where an object has no change events: make one below, and its recipe says what to click in Salesforce.",
		},
	}
	for _, h := range all {
		row, err := v.hookRow(h)
		if err != nil {
			return err
		}
		list.Rows = append(list.Rows, row)
	}
	form := hookForm(typed)
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.Webhooks(views.WebhooksPage{List: list, Notice: v.plainNotice(), Create: &form}))
}

func (v *visit) hookRow(h gateway.Hook) (views.Row, error) {
	last := views.Cell{Text: "None yet"}
	came, err := v.ws.HookDeliveries(v.UserContext(), h.ID, 0, 1)
	if err != nil {
		return views.Row{}, err
	}
	if len(came) > 0 {
		last = views.Cell{Time: v.clock().full(came[0].At), Chip: deliveryChip(came[0])}
	}
	return views.Row{ID: h.ID, Cells: []views.Cell{
		{Text: h.Name, Second: kindWords[h.Kind], URL: hooksBase + "/" + h.ID}, {Chip: hookChip(h)}, last, {Time: v.clock().full(h.CreatedAt), Second: h.CreatedBy},
	}}, nil
}

func hookForm(typed gateway.Hook) views.SmallForm {
	return views.SmallForm{
		Title: "Make a webhook", Text: "The next page shows its secret once, and what to click in Salesforce.", Button: "Make webhook",
		Form:   views.Form{URL: hooksBase},
		Fields: []views.Field{{Name: "name", Label: "Name", Value: typed.Name, Required: true, MaxLength: "60", Hint: "What it tells of, such as “Contacts by Flow”."}},
		Selects: []views.Select{{
			Name: "kind", Label: "Sent by", Hint: "An outbound message needs no code. Apex can tell of deleted records too.",
			Options: choose(string(typed.Kind), string(gateway.HookOutbound), kindWords[gateway.HookOutbound], string(gateway.HookEvents), kindWords[gateway.HookEvents]),
		}},
	}
}

// plainNotice warns where Salesforce could not reach us.
func (v *visit) plainNotice() views.Notice {
	if v.s.https() {
		return views.Notice{}
	}
	return views.Notice{
		Tone: views.Attention, Icon: views.IconWarning, Strong: "Salesforce delivers to https addresses only.",
		Text: "Tidegate is reached at " + v.s.BaseURL + " now. Put TLS in front and set TIDEGATE_BASE_URL; the simulated org delivers here too.",
	}
}

func createHook(v *visit) error {
	h := gateway.Hook{
		ID: NewID(), Kind: gateway.HookKind(v.posted("kind")), Name: strings.TrimSpace(v.posted("name")), CreatedAt: v.s.Now(), CreatedBy: v.member.Name,
	}
	if h.Name == "" || utf8.RuneCountInString(h.Name) > 60 {
		return v.showHooks(h, gateway.InvalidField("name", "Give the webhook a name of up to 60 characters."))
	}
	if _, ok := hookKinds[h.Kind]; !ok {
		return v.showHooks(h, gateway.InvalidField("kind", "Choose what sends it: an outbound message, or Apex."))
	}
	all, err := v.ws.Hooks(v.UserContext())
	if err != nil {
		return err
	}
	if len(all) >= mostHooks {
		return v.showHooks(h, gateway.InvalidField("name", "A workspace has at most %d webhooks. Delete one that is not used.", mostHooks))
	}
	secret := newSecretOf(h.Kind)
	h.Sealed = v.s.Vault.Seal([]byte(secret), v.ws.ID(), h.SealedAs())
	if err := v.ws.CreateHook(v.UserContext(), h); err != nil {
		return err
	}
	v.s.audit(v, "made the webhook "+h.Name, h.ID)
	return v.showHook(h, secret)
}

// hook is the one that the address names.
func (v *visit) hook() (gateway.Hook, error) { return v.ws.Hook(v.UserContext(), v.Params("id")) }

func hookPage(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	return v.showHook(h, "")
}

// showHook shows a hook; fresh is its secret, right after it was drawn.
func (v *visit) showHook(h gateway.Hook, fresh string) error {
	own := hooksBase + "/" + h.ID
	p := views.WebhookPage{
		Shell: v.s.shell(v, h.Name, views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Webhooks", URL: hooksBase}}, Title: h.Name, Lead: kindWords[h.Kind] + ".", Chip: hookChip(h),
			Actions: []views.Action{{Text: "Rotate secret", URL: own + "/rotate", Dialog: true}, {Text: "Disable", URL: own + "/disable", Post: true}, {Text: "Delete", URL: own + "/delete", Style: views.Destructive, Dialog: true}},
		},
		Notice: v.plainNotice(),
		Facts:  v.hookFacts(h),
		Recipe: recipe(h, v.hookAddress(h, fresh), fresh),
	}
	if h.Disabled {
		p.Head.Actions[1] = views.Action{Text: "Enable", URL: own + "/enable", Post: true}
	}
	if fresh != "" {
		p.Secret = &views.Once{Title: "The secret of this webhook", Text: "It is shown only now. Copy it before you leave this page; if it is lost, rotate it.", Value: fresh}
		if h.Kind == gateway.HookOutbound {
			p.Secret.Title, p.Secret.Value = "The address with its secret", v.hookAddress(h, fresh)
		}
	}
	if v.overlaps(h) {
		p.Retire = &views.Action{Text: "Refuse the old secret now", URL: own + "/retire", Post: true, Small: true}
	}
	if err := v.addDeliveries(&p, h); err != nil {
		return err
	}
	return render(v.Ctx, views.Webhook(p))
}

// overlaps reports whether the old secret still proves.
func (v *visit) overlaps(h gateway.Hook) bool {
	return len(h.OldSealed) > 0 && v.s.Now().Before(h.OldUntil)
}

// hookAddress is where Salesforce sends; the secret is part of it where nothing
// is signed.
func (v *visit) hookAddress(h gateway.Hook, secret string) string {
	if h.Kind == gateway.HookEvents {
		return v.s.BaseURL + signedPath + h.ID
	}
	if secret == "" {
		secret = "…"
	}
	return v.s.BaseURL + outboundPath + h.ID + "?secret=" + secret
}

func (v *visit) hookFacts(h gateway.Hook) []views.Fact {
	clk := v.clock()
	facts := []views.Fact{
		{Label: "Address", Value: v.hookAddress(h, ""), Mono: true},
		{Label: "Made", Value: clk.full(h.CreatedAt).Text + " by " + h.CreatedBy},
	}
	if !h.RotatedAt.IsZero() {
		facts = append(facts, views.Fact{Label: "Secret rotated", Value: clk.full(h.RotatedAt).Text})
	}
	if v.overlaps(h) {
		facts = append(facts, views.Fact{Label: "Old secret", Value: "accepted until " + clk.full(h.OldUntil).Text})
	}
	return facts
}

func (v *visit) addDeliveries(p *views.WebhookPage, h gateway.Hook) error {
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64) // no number is no token: the first page
	came, err := v.ws.HookDeliveries(v.UserContext(), h.ID, before, deliveriesSize+1)
	if err != nil {
		return err
	}
	p.Deliveries = views.ListPage{
		Caption: "Deliveries", Columns: []views.Column{{Text: "When"}, {Text: "Outcome"}, {Text: "Records"}, {Text: "What happened"}},
		Empty: views.Empty{Icon: views.IconInfo, Title: "Nothing came yet", Text: "Follow the recipe, then change a record in Salesforce. The delivery appears here within seconds; reload to see it."},
	}
	if len(came) > deliveriesSize {
		came = came[:deliveriesSize]
		p.Deliveries.Pager.OlderURL = hooksBase + "/" + h.ID + "?before=" + strconv.FormatInt(came[deliveriesSize-1].ID, 10)
	}
	if before > 0 {
		p.Deliveries.Pager.NewerURL, p.Deliveries.Pager.NewerText = hooksBase+"/"+h.ID, "Newest"
	}
	for _, d := range came {
		p.Deliveries.Rows = append(p.Deliveries.Rows, v.deliveryRow(d))
	}
	return nil
}

func askRotate(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	return render(v.Ctx, views.Confirm(views.ConfirmPage{
		Shell: v.s.shell(v, "Rotate secret", views.NavSettings),
		Head:  views.Head{Crumb: []views.Link{{Text: "Webhooks", URL: hooksBase}, {Text: h.Name, URL: hooksBase + "/" + h.ID}}, Title: "Rotate the secret of " + h.Name},
		Effects: []string{
			"A new secret is drawn and shown once. Enter it in Salesforce.",
			"The present secret is accepted for 24 more hours, then refused. An older one is refused at once.",
		},
		Kept:   []string{"The address, the deliveries, and what is still to be read."},
		Form:   views.Form{URL: hooksBase + "/" + h.ID + "/rotate"},
		Action: views.Action{Text: "Rotate secret", Style: views.Primary},
		Cancel: views.Link{Text: "Keep the secret", URL: hooksBase + "/" + h.ID},
	}))
}

func rotateHook(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	secret := newSecretOf(h.Kind)
	h.OldSealed, h.OldUntil, h.RotatedAt = h.Sealed, v.s.Now().Add(overlap), v.s.Now()
	h.Sealed = v.s.Vault.Seal([]byte(secret), v.ws.ID(), h.SealedAs())
	if err := v.ws.SaveHook(v.UserContext(), h); err != nil {
		return err
	}
	v.s.audit(v, "rotated the secret of the webhook "+h.Name, h.ID)
	return v.showHook(h, secret)
}

// retireSecret ends the overlap of a rotation, as when the old secret leaked.
func retireSecret(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	h.OldSealed, h.OldUntil = nil, time.Time{}
	if err := v.ws.SaveHook(v.UserContext(), h); err != nil {
		return err
	}
	v.s.audit(v, "refused the old secret of the webhook "+h.Name, h.ID)
	return v.Redirect(hooksBase+"/"+h.ID+"?saved=hook-retired", fiber.StatusSeeOther)
}

func switchHook(off bool) func(*visit) error {
	act, flash := "enabled", "hook-on"
	if off {
		act, flash = "disabled", "hook-off"
	}
	return func(v *visit) error {
		h, err := v.hook()
		if err != nil {
			return err
		}
		h.Disabled = off
		if err := v.ws.SaveHook(v.UserContext(), h); err != nil {
			return err
		}
		v.s.audit(v, act+" the webhook "+h.Name, h.ID)
		return v.Redirect(hooksBase+"/"+h.ID+"?saved="+flash, fiber.StatusSeeOther)
	}
}

func askDeleteHook(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	return render(v.Ctx, views.Confirm(views.ConfirmPage{
		Shell: v.s.shell(v, "Delete webhook", views.NavSettings),
		Head:  views.Head{Crumb: []views.Link{{Text: "Webhooks", URL: hooksBase}, {Text: h.Name, URL: hooksBase + "/" + h.ID}}, Title: "Delete " + h.Name},
		Effects: []string{
			"Its address takes nothing any more. What Salesforce sends there is refused and dropped after 24 hours.",
			"The list of its deliveries is deleted.",
		},
		Kept:   []string{"All records, and those that it told of and that are still to be read."},
		Form:   views.Form{URL: hooksBase + "/" + h.ID + "/delete"},
		Action: views.Action{Text: "Delete webhook", Style: views.Destructive},
		Cancel: views.Link{Text: "Keep it", URL: hooksBase + "/" + h.ID},
	}))
}

func deleteHook(v *visit) error {
	h, err := v.hook()
	if err != nil {
		return err
	}
	if err := v.ws.DeleteHook(v.UserContext(), h.ID); err != nil {
		return err
	}
	v.s.audit(v, "deleted the webhook "+h.Name, h.ID)
	return v.Redirect(hooksBase+"?saved=hook-gone", fiber.StatusSeeOther)
}
