package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

const fileBase = settingsBase + "/file"

// filePages carry all settings as one file, for admins (UX 21).
var filePages = []route{
	{"GET", fileBase, admins, filePage},
	{"GET", fileBase + "/settings.yaml", admins, downloadFile},
	{"POST", fileBase, admins, applyFile},
}

func filePage(v *visit) error { return v.showFile("", nil) }

func (v *visit) showFile(text string, problem *gateway.Error) error {
	c, err := ReadSettingsFile(v.UserContext(), v.ws)
	if err != nil {
		return err
	}
	fields := 0
	for _, object := range c.file.Fields {
		fields += len(object)
	}
	p := views.SettingsFilePage{
		Shell: v.s.shell(v, "Settings as a file", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/notes"}}, Title: "Settings as a file",
			Lead: "Every setting of this workspace as one readable file: keep it beside the code, compare it, and carry it from a sandbox to production.",
		},
		Download: views.Link{Text: "Download settings.yaml", URL: fileBase + "/settings.yaml"},
		Facts: []views.Fact{
			{Label: "Tabs", Value: "Notes, Objects, Contacts, Forecast, Advanced Settings"},
			{Label: "Members with settings of their own", Value: number(len(c.file.Members))},
			{Label: "Fields", Value: number(fields), Second: "in " + count(len(c.file.Fields), "object", "objects")},
			{Label: "Topics", Value: number(len(c.file.Topics))},
			{Label: "Agents", Value: number(len(c.file.Agents))},
		},
		Form: views.Form{URL: fileBase},
		File: views.Field{ID: "file", Name: "file", Label: "File", Type: "file", Hint: "As downloaded here or written by tidegate config export. What it does not name stays as it is."},
		Text: views.Field{ID: "text", Name: "text", Label: "Or its text", Value: text, Lines: 8, Autocomplete: "off"},
	}
	if problem != nil {
		v.Status(statusOf[problem.Code])
		p.Text.Error = problem.Message
		p.Form.Errors = []views.FieldError{{FieldID: "text", Text: problem.Message}}
	}
	return render(v.Ctx, views.SettingsFile(p))
}

func downloadFile(v *visit) error {
	c, err := ReadSettingsFile(v.UserContext(), v.ws)
	if err != nil {
		return err
	}
	text, err := c.YAML()
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, "application/yaml; charset=utf-8")
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="settings.yaml"`)
	return v.Send(text)
}

// postedFile is the uploaded file, else the text that was pasted; a review
// carries it as its body.
func (v *visit) postedFile() (string, error) {
	if !strings.HasPrefix(v.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		if body := v.posted(bodyName); body != "" {
			return body, nil
		}
		return v.posted("text"), nil
	}
	form, err := v.MultipartForm()
	if err != nil {
		return "", gateway.Errorf(gateway.CodeInvalid, "The upload cannot be read. Choose the file again.")
	}
	for _, header := range form.File["file"] {
		f, err := header.Open()
		if err != nil {
			return "", fmt.Errorf("opening an upload: %w", err)
		}
		text, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("reading an upload: %w", err)
		}
		if len(text) > 0 {
			return plain(string(text)), nil
		}
	}
	return plain(strings.Join(form.Value["text"], "\n")), nil
}

// applyFile shows what a file would change, and applies what was seen.
func applyFile(v *visit) error {
	text, err := v.postedFile()
	if e, bad := gatewayError(err); bad {
		return v.showFile("", e)
	}
	if err != nil {
		return err
	}
	if v.posted(stepName) == stepEdit {
		return v.showFile(text, nil)
	}
	c, err := ReadSettingsFile(v.UserContext(), v.ws)
	if err != nil {
		return err
	}
	changes, err := c.Plan([]byte(text))
	if e, bad := gatewayError(err); bad {
		return v.showFile(text, e)
	}
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return v.Redirect(fileBase+"?saved=nothing", fiber.StatusSeeOther)
	}
	r, err := v.fileReview(c, changes, text)
	if err != nil {
		return err
	}
	if v.posted(stepName) != stepSave {
		return v.showReviewed(r, "")
	}
	ok, problem, err := v.maySaveReview(&r)
	if err != nil {
		return err
	}
	if !ok {
		return v.showReviewed(r, problem)
	}
	if err := c.Decide(r.decided); err != nil {
		return err
	}
	return v.saveFile(c, text)
}

// fileReview is the review of a file: the same dry run as of any change.
func (v *visit) fileReview(c *SettingsFile, changes []settings.FileChange, text string) (review, error) {
	in, err := v.inForce()
	if err != nil {
		return review{}, err
	}
	mappings, _, _ := c.fields(v.member.Name)
	r := review{from: in.Settings, proposal: outbox.Proposal{Settings: c.settings(), Mappings: mappings, Agents: c.wantedAgents()}}
	for _, m := range c.mappings {
		if slices.Contains(slices.Collect(maps.Keys(mappings)), m.Object) {
			r.before = append(r.before, m)
		}
	}
	r.page = views.ReviewPage{
		Shell: v.s.shell(v, "Settings as a file", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Settings as a file", URL: fileBase}},
			Title: reviewTitle(len(changes)), Lead: "Nothing is saved yet.",
		},
		Form:   views.Form{URL: fileBase, Bar: views.SaveBar{Save: "Save Changes & Start Syncing"}},
		Fields: []views.Hidden{{Name: bodyName, Value: text}},
		Back:   "Back to the file",
	}
	for _, change := range changes {
		r.page.Changes = append(r.page.Changes, views.ReviewChange{Where: change.Where, Setting: change.Setting, Before: change.Before, After: change.After})
	}
	return r, nil
}

func (v *visit) saveFile(c *SettingsFile, text string) error {
	things, err := v.s.Outbox.CountThings(v.UserContext(), v.member.Workspace)
	if err != nil {
		return err
	}
	err = v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		return c.Apply(ctx, tx, things, v.member.Name, v.member.ID)
	})
	if err != nil && gateway.CodeOf(err) == gateway.CodeConflict {
		return v.showFile(text, gateway.Errorf(gateway.CodeConflict, "Somebody saved settings in the same moment. The file is still in the form: review it again."))
	}
	if err != nil {
		return err
	}
	v.s.Outbox.WakeReplanner()
	return v.Redirect(fileBase+"?saved=settings", fiber.StatusSeeOther)
}
