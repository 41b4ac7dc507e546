package handlers

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

// roleWords say what a member may do.
var roleWords = map[gateway.Role]string{gateway.RoleAdmin: "Admin", gateway.RoleRep: "Rep"}

func memberURL(id string) string { return "/settings/members/" + url.PathEscape(id) }

func orDash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

func members(v *visit) error { return v.showMembers(gateway.Member{Role: gateway.RoleRep}, nil) }

func (v *visit) showMembers(typed gateway.Member, problem *gateway.Error) error {
	all, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	list := views.ListPage{
		Shell:   v.s.shell(v, "Members", views.NavSettings),
		Head:    views.Head{Title: "Members", Lead: "Who may sign in to this workspace, and as what. An admin changes settings; a rep works with records."},
		Caption: "Members", Columns: []views.Column{{Text: "Name"}, {Text: "E-mail"}, {Text: "Rights"}, {Text: "Team"}, {Text: "Role"}, {Text: "State"}, {Text: "Since"}},
	}
	unknown, err := v.unknownReps(all)
	if err != nil {
		return err
	}
	for _, m := range all {
		state := views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Can sign in"}
		if m.Disabled {
			state = views.Chip{Tone: views.Idle, Icon: views.IconLock, Text: "Disabled"}
		}
		list.Rows = append(list.Rows, views.Row{ID: m.ID, Cells: []views.Cell{
			{Text: m.Name, URL: memberURL(m.ID)},
			{Text: m.Email},
			{Text: roleWords[m.Role], Second: unknown[m.ID]},
			{Text: orDash(m.Team)},
			{Text: orDash(m.JobRole)},
			{Chip: state},
			{Time: v.clock().full(m.CreatedAt)},
		}})
	}
	form := views.SmallForm{
		Title: "Add a member", Text: "Tell them the password by another way than e-mail; they change it under You.", Button: "Add member",
		Form: views.Form{URL: "/settings/members"},
		Fields: []views.Field{
			{Name: "name", Label: "Name", Value: typed.Name, Required: true, MaxLength: "80", Autocomplete: "off"},
			{Name: "email", Label: "E-mail", Value: typed.Email, Type: "email", Required: true, Autocomplete: "off"},
			{Name: "password", Label: "First password", Type: "password", Required: true, Autocomplete: "new-password", Hint: "At least 12 characters."},
		},
		Selects: []views.Select{rightsSelect(typed)},
	}
	form.Fields = append(form.Fields, teamFields(typed)...)
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.Members(views.MembersPage{List: list, Create: &form}))
}

// mark shows a problem at the fields of a small form that it names.
func mark(form *views.SmallForm, problem *gateway.Error) {
	if problem == nil {
		return
	}
	for _, name := range problem.Fields {
		form.Form.Errors = append(form.Form.Errors, views.FieldError{FieldID: name, Text: problem.Message})
		for i := range form.Fields {
			if form.Fields[i].Name == name {
				form.Fields[i].Error = problem.Message
			}
		}
		for i := range form.Selects {
			if form.Selects[i].Name == name {
				form.Selects[i].Error = problem.Message
			}
		}
	}
}

func addMember(v *visit) error {
	m := gateway.Member{
		ID: NewID(), Workspace: v.member.Workspace, Name: strings.TrimSpace(v.posted("name")),
		Email: v.posted("email"), Role: gateway.RoleRep, Zone: v.member.Zone, CreatedAt: v.s.Now(),
		Team: strings.TrimSpace(v.posted("team")), JobRole: strings.TrimSpace(v.posted("job_role")),
	}
	if v.posted("role") == string(gateway.RoleAdmin) {
		m.Role = gateway.RoleAdmin
	}
	refuse := func(err error) error {
		if e, ok := gatewayError(err); ok && len(e.Fields) > 0 {
			return v.showMembers(m, e)
		}
		return err
	}
	if err := checkMember(m); err != nil {
		return refuse(err)
	}
	email, err := CheckEmail(m.Email)
	if err != nil {
		return refuse(err)
	}
	m.Email = email
	if m.PasswordHash, err = HashPassword(v.posted("password")); err != nil {
		return refuse(err)
	}
	if err := v.ws.CreateMember(v.UserContext(), m); err != nil {
		if gateway.CodeOf(err) == gateway.CodeConflict {
			return refuse(gateway.InvalidField("email", "Somebody already signs in with this address."))
		}
		return err
	}
	v.s.audit(v, "added the member "+m.Name+" as "+string(m.Role), m.ID)
	return v.Redirect("/settings/members?saved=member", fiber.StatusSeeOther)
}

// checkMember refuses what no member can be.
func checkMember(m gateway.Member) error {
	for _, part := range []struct{ field, text, what string }{{"team", m.Team, "team"}, {"job_role", m.JobRole, "role"}} {
		if utf8.RuneCountInString(part.text) > 60 {
			return gateway.InvalidField(part.field, "The name of a %s has up to 60 characters.", part.what)
		}
	}
	if m.Name == "" || utf8.RuneCountInString(m.Name) > 80 {
		return gateway.InvalidField("name", "Give the member a name of up to 80 characters.")
	}
	return nil
}

func rightsSelect(m gateway.Member) views.Select {
	return views.Select{
		Name: "role", Label: "Rights", Options: choose(string(m.Role), "rep", "Rep", "admin", "Admin"),
		Hint: "An admin changes settings; a rep works with records.",
	}
}

// teamFields say where a member stands; the Contacts and Forecast settings ask
// for it (AVM-32, AVM-38).
func teamFields(m gateway.Member) []views.Field {
	return []views.Field{
		{Name: "team", Label: "Team", Value: m.Team, MaxLength: "60", Hint: "Such as Sales or Customer Success."},
		{Name: "job_role", Label: "Role", Value: m.JobRole, MaxLength: "60", Hint: "Such as Account Executive. It decides who sees the forecast, not what somebody may do."},
	}
}

// memberPage is one member: who he is and whether he may sign in.
func memberPage(v *visit) error {
	m, err := v.ws.Member(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.showMember(m, nil)
}

func (v *visit) showMember(m gateway.Member, problem *gateway.Error) error {
	user, is, err := v.userSelect(m)
	if err != nil {
		return err
	}
	form := views.SmallForm{
		Title: "Change", Button: "Save member", Form: views.Form{URL: memberURL(m.ID)},
		Fields:  append([]views.Field{{Name: "name", Label: "Name", Value: m.Name, Required: true, MaxLength: "80", Autocomplete: "off"}}, teamFields(m)...),
		Selects: []views.Select{rightsSelect(m), {Name: "state", Label: "State", Options: choose(stateOf(m), "active", "Can sign in", "disabled", "Disabled"), Hint: "Disabling ends all sessions at once."}, user},
	}
	mark(&form, problem)
	if problem != nil {
		v.Status(statusOf[problem.Code])
	}
	return render(v.Ctx, views.You(views.YouPage{
		Shell: v.s.shell(v, m.Name, views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Members", URL: "/settings/members"}}, Title: m.Name,
			Link: views.Link{Text: "Notes settings of " + m.Name, URL: memberURL(m.ID) + "/notes"},
		},
		About: "About " + m.Name,
		Facts: []views.Fact{{Label: "E-mail", Value: m.Email}, {Label: "In Salesforce", Value: is}, {Label: "Since", Value: v.clock().full(m.CreatedAt).Text}},
		Forms: []views.SmallForm{form},
	}))
}

func stateOf(m gateway.Member) string {
	if m.Disabled {
		return "disabled"
	}
	return "active"
}

// saveMember changes a member. The last admin who can sign in stays one: else
// nobody could ever change a setting again.
func saveMember(v *visit) error {
	m, err := v.ws.Member(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	before := m
	v.take("name", &m.Name)
	v.take("team", &m.Team)
	v.take("job_role", &m.JobRole)
	if v.shown("role") {
		m.Role = gateway.RoleRep
		if v.posted("role") == string(gateway.RoleAdmin) {
			m.Role = gateway.RoleAdmin
		}
	}
	if v.shown("salesforce_user") {
		m.SalesforceUser = v.posted("salesforce_user")
	}
	if v.shown("state") {
		m.Disabled = v.posted("state") == "disabled"
	}
	err = checkMember(m)
	if err == nil {
		err = v.keepsAnAdmin(before, m)
	}
	if err == nil && m.SalesforceUser != before.SalesforceUser {
		err = v.checkUser(m)
	}
	if e, ok := gatewayError(err); ok && len(e.Fields) > 0 {
		return v.showMember(m, e)
	}
	if err != nil {
		return err
	}
	if err := v.ws.UpdateMember(v.UserContext(), m); err != nil {
		return err
	}
	if err := v.ws.Audit(v.UserContext(), gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, What: "changed the member " + m.Name, Target: m.ID, Before: memberWords(before), After: memberWords(m), IP: v.IP(),
	}); err != nil {
		return err
	}
	return v.Redirect("/settings/members?saved=changed", fiber.StatusSeeOther)
}

func memberWords(m gateway.Member) string {
	words := []string{m.Name, roleWords[m.Role], orDash(m.Team), orDash(m.JobRole), stateOf(m)}
	if m.SalesforceUser != "" {
		words = append(words, "Salesforce user "+m.SalesforceUser)
	}
	return strings.Join(words, ", ")
}

func (v *visit) keepsAnAdmin(before, after gateway.Member) error {
	if before.Role != gateway.RoleAdmin || before.Disabled || after.Role == gateway.RoleAdmin && !after.Disabled {
		return nil
	}
	all, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(m gateway.Member) bool {
		return m.ID != before.ID && m.Role == gateway.RoleAdmin && !m.Disabled
	}) {
		return nil
	}
	return gateway.InvalidField("role", "%s is the only admin who can sign in. Make somebody else an admin first.", before.Name)
}

// memberNotes are the Notes settings of one member, as an admin sets them
// (AVM-07).
func memberNotes(v *visit) error {
	m, err := v.ws.Member(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	state, err := v.tabState(gateway.TabNotes, memberScope(m.ID))
	if err != nil {
		return err
	}
	return v.showTab(state)
}

func saveMemberNotes(v *visit) error {
	m, err := v.ws.Member(v.UserContext(), v.Params("id"))
	if err != nil {
		return err
	}
	return v.saveScope(gateway.TabNotes, memberScope(m.ID))
}
