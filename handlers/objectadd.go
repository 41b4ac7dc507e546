package handlers

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

const addURL = settingsBase + "/objects/add"

// addObjectPage lists the org's objects that take no part yet, or says what
// adding the asked one does (DEM-04, AVM-19).
func addObjectPage(v *visit) error {
	t, err := v.tabState(gateway.TabObjects, gateway.OrgScope)
	if err != nil {
		return err
	}
	free, err := v.freeObjects(t.settings.Objects)
	if err != nil {
		return err
	}
	if name := v.Query("object"); name != "" {
		i := slices.IndexFunc(free, func(o gateway.ObjectInfo) bool { return o.Name == name })
		if i < 0 {
			return fiber.ErrNotFound
		}
		return v.askAdd(free[i])
	}
	search := strings.ToLower(strings.TrimSpace(v.Query("q")))
	p := views.ListPage{
		Shell: v.s.shell(v, "Add object", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/objects"}, {Text: "Objects", URL: settingsBase + "/objects"}},
			Title: "Add object", Lead: "Objects of your org that take no part yet, custom ones first. Only what the connected user may read is listed.",
		},
		Caption: "Objects that can be added",
		Filter:  views.Filter{URL: addURL, Search: views.Field{ID: "q", Name: "q", Label: "Find an object", Value: v.Query("q"), Placeholder: "Label or API name", Type: "search"}},
		Columns: []views.Column{{Text: "Object"}, {Text: "Connected user"}, {Text: "Add", Hidden: true}},
		Empty: views.Empty{
			Icon: views.IconSearch, Title: "No object fits", Text: "Search by another part of the name. An object that is missing is hidden from the connected user: grant it by a permission set in Setup.",
			Actions: []views.Action{{Text: "Show all", URL: addURL}},
		},
	}
	for _, o := range free {
		if !strings.Contains(strings.ToLower(o.Label+" "+o.Name), search) {
			continue
		}
		may := "Can edit"
		if !o.Updateable {
			may = "Read-only"
		}
		to := addURL + "?" + url.Values{"object": {o.Name}}.Encode()
		p.Rows = append(p.Rows, views.Row{Cells: []views.Cell{
			{Kind: views.KindCustom, Text: o.Label, Second: o.Name},
			{Text: may},
			{Action: views.Action{Text: "Add", URL: to, Small: true, About: " " + o.Label, Dialog: true}},
		}})
	}
	return render(v.Ctx, views.List(p))
}

// plumbing reports whether an object holds no records of people's work: what
// only relates two others, the notes that we write, Salesforce's own channels.
func plumbing(object string) bool {
	return outbound.Looked(object) || slices.Contains([]string{"PushTopic", "StreamingChannel"}, object)
}

// freeObjects are the objects of the org that can be added, custom ones first.
func (v *visit) freeObjects(s gateway.ObjectsSettings) ([]gateway.ObjectInfo, error) {
	conn, err := v.connection()
	if err != nil {
		return nil, err
	}
	if conn.ID == "" {
		return nil, gateway.Errorf(gateway.CodeConflict, "No Salesforce org is connected, so its objects are not known. Connect one under Settings, Connection.")
	}
	all, err := v.s.Org.Objects(v.UserContext(), v.member.Workspace)
	if err != nil {
		return nil, err
	}
	taken := append(s.Configurable(), s.Mirrored()...)
	all = slices.DeleteFunc(all, func(o gateway.ObjectInfo) bool {
		return slices.Contains(taken, o.Name) || plumbing(o.Name) || !o.Custom && !o.Createable
	})
	slices.SortFunc(all, func(a, b gateway.ObjectInfo) int {
		if a.Custom != b.Custom {
			if a.Custom {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

func (v *visit) askAdd(o gateway.ObjectInfo) error {
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Add object", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Objects", URL: settingsBase + "/objects"}, {Text: "Add object", URL: addURL}},
			Title: "Add " + o.Label, Lead: o.Name + " then has a page of its own, with the same table as the others.",
		},
		Effects: []string{
			"All its records are read once, then its changes come in: by the stream where the object is selected for Change Data Capture, else by asking every minute.",
			"You import the fields that you want, each with its direction.",
		},
		Kept: []string{"Nothing is written to it: “Sync to Salesforce” is off until you switch it on.", "Everything else goes on meanwhile."},
		Form: views.Form{URL: addURL + "?" + url.Values{"object": {o.Name}}.Encode()}, Action: views.Action{Text: "Add " + o.Label, Style: views.Primary},
		Cancel: views.Link{Text: "Cancel", URL: settingsBase + "/objects"},
	}
	return render(v.Ctx, views.Confirm(p))
}

// addObject makes an object take part. Its describe is read first, so that an
// object that cannot be read is refused before anything is saved.
func addObject(v *visit) error {
	t, err := v.tabState(gateway.TabObjects, gateway.OrgScope)
	if err != nil {
		return err
	}
	free, err := v.freeObjects(t.settings.Objects)
	if err != nil {
		return err
	}
	name := v.Query("object")
	if !slices.ContainsFunc(free, func(o gateway.ObjectInfo) bool { return o.Name == name }) {
		return fiber.ErrNotFound
	}
	if err := v.s.Org.RefreshSchema(v.UserContext(), v.member.Workspace, name); err != nil {
		return err
	}
	before := t.settings.Objects.Added
	t.settings.Objects.Added = append(slices.Clone(before), name)
	if err := v.saveAdded(t, "added the object "+name, before); err != nil {
		return err
	}
	if err := v.readAdded(name); err != nil {
		return err
	}
	return v.Redirect(objectURL(name)+"?saved=added", fiber.StatusSeeOther)
}

// saveAdded saves the list of added objects with its audit row.
func (v *visit) saveAdded(t tabState, what string, before []string) error {
	if err := settings.Validate(t.settings, gateway.TabObjects); err != nil {
		return err
	}
	body, err := settings.Encode(t.settings, gateway.TabObjects)
	if err != nil {
		return err
	}
	return v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		row := gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: body, By: v.member.Name, ByID: v.member.ID}
		if _, err := tx.SaveSetting(ctx, row, t.rows[gateway.TabObjects].Revision); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: what, Target: gateway.OrgScope,
			Before: strings.Join(before, ", "), After: strings.Join(t.settings.Objects.Added, ", "),
		})
	})
}

// askLeave says what it means that an added object takes no part any more.
func askLeave(v *visit) error {
	s, err := v.addedObject()
	if err != nil {
		return err
	}
	rows, err := v.ws.CountRecords(v.UserContext(), s.object)
	if err != nil {
		return err
	}
	label := firstLabel(s.schema)
	return render(v.Ctx, views.Confirm(views.ConfirmPage{
		Shell: v.s.shell(v, "Remove object", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Objects", URL: settingsBase + "/objects"}, {Text: label, URL: objectURL(s.object)}},
			Title: "Remove " + label, Lead: s.object + " takes no part any more.",
		},
		Effects: []string{"Its changes no longer come in, and edits of it are no longer written.", count(rows, "record", "records") + " of it are no longer shown here."},
		Kept:    []string{"Nothing changes in Salesforce.", "The mapping of its " + count(len(s.mappings), "field", "fields") + " stays: adding the object again brings it back, and reads everything anew."},
		Form:    views.Form{URL: objectURL(s.object) + "/leave"},
		Action:  views.Action{Text: "Remove " + label, Style: views.Primary},
		Cancel:  views.Link{Text: "Keep it", URL: objectURL(s.object)},
	}))
}

// leaveObject takes an added object out.
func leaveObject(v *visit) error {
	s, err := v.addedObject()
	if err != nil {
		return err
	}
	before := s.settings.Objects.Added
	s.settings.Objects.Added = slices.DeleteFunc(slices.Clone(before), func(o string) bool { return o == s.object })
	s.settings.Objects.Writeback = with(s.settings.Objects.Writeback, s.object, false)
	if err := v.saveAdded(s.tabState, "removed the object "+s.object, before); err != nil {
		return err
	}
	return v.Redirect(settingsBase+"/objects?saved=object-gone", fiber.StatusSeeOther)
}

// addedObject is the added object that the address names; the usual ones
// always take part.
func (v *visit) addedObject() (objectTab, error) {
	s, err := v.objectTab()
	if err == nil && !slices.Contains(s.settings.Objects.Added, s.object) {
		err = fiber.ErrNotFound
	}
	if err == nil && s.settings.Contacts.ActivityObject == s.object {
		err = gateway.Errorf(gateway.CodeConflict, "Activities go to %s. Choose another object on the Contacts tab first, under Target object.", s.object)
	}
	return s, err
}
