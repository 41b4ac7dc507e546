package handlers

import (
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/live"
	"tidegate/store"
)

// access says who may call a route.
type access int

const (
	open     access = iota // anybody
	signedIn               // any member of the workspace
	admins                 // members with role admin
)

// route is one line of the table of pages. The table is data so that tests
// can enumerate it (S-03, S-34).
type route struct {
	method string
	path   string
	access access
	page   func(*visit) error
}

// visit is one request of a signed-in person (or of nobody on open routes):
// the request, who it is and the store of his workspace.
type visit struct {
	request
	s       *Server
	member  gateway.Member
	session gateway.Session
	ws      *store.Workspace
	eyes    *eyes             // nil: those of the connected user
	users   map[string]string // names of Salesforce users, by id, for this page
	drawn   live.Moment       // of the announcements, before anything is read
	frame   *frame            // nil until it is read
	// schemas are what a page has read of them already. They are kept while a
	// GET is answered, which changes none: each further look would wait for the
	// database again.
	schemas map[string]gateway.Schema
}

// admin reports whether the visitor may change settings.
func (v *visit) admin() bool { return v.member.Role == gateway.RoleAdmin }

func (s *Server) routes() {
	s.app.Get("/healthz", s.alive)
	s.app.Get("/readyz", s.ready)
	s.app.Get("/static/*", s.asset)
	for _, r := range pages {
		s.app.Add(r.method, r.path, s.enter(r))
		// HEAD asks what GET would show; the way back from Salesforce acts, and
		// the stream does not end.
		if r.method == fiber.MethodGet && r.path != callbackPath && r.path != eventsPath {
			s.app.Head(r.path, s.enter(r))
		}
	}
	for _, k := range hookKinds {
		s.app.Post(hooksPath+"salesforce/"+string(k.kind)+"/:hook", s.receive(k))
	}
	s.api(s.app.Group("/api/v1"))
}

// enter finds out who calls and keeps out who may not.
func (s *Server) enter(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := s.visit(c)
		known, err := s.recognize(v)
		if err != nil {
			return err
		}
		switch {
		case r.access == open:
		case !known:
			return s.askToSignIn(c)
		case r.access == admins && !v.admin():
			s.audit(v, "refused", r.method+" "+c.Path())
			return gateway.Errorf(gateway.CodeForbidden,
				"Only an admin of this workspace can open this page. Ask an admin, or ask to become one under Members.")
		}
		if err := s.watchReading(v, r); err != nil {
			return err
		}
		if known && v.Method() == fiber.MethodGet && v.Query("part") == "" && r.path != eventsPath {
			v.frame = readFrame(v.UserContext(), v.ws, v.member)
		}
		err = r.page(v)
		s.watch(v, err)
		return err
	}
}

// watch writes down what an honest browser does not send: ids that are not
// of this workspace (S-34), and fields that the form does not have (S-35).
func (s *Server) watch(v *visit, err error) {
	if v.ws == nil {
		return
	}
	if e, ok := gatewayError(err); ok && e.Code == gateway.CodeNotFound {
		s.audit(v, "asked for something that is not here", v.Method()+" "+v.Path())
	}
	if v.Method() != fiber.MethodPost || err != nil || v.Response().StatusCode() >= fiber.StatusBadRequest {
		return // a refused form was not read to its end
	}
	if extra := v.unasked(); len(extra) > 0 {
		s.audit(v, "sent fields that the form does not have; they were ignored", excerpt(list(extra)))
	}
}

func (s *Server) visit(c *fiber.Ctx) *visit {
	return &visit{request: request{Ctx: c}, s: s, drawn: s.Hub.Moment()}
}

// pages is every page of the product with who may open it.
var pages = allPages()

func allPages() []route {
	list := []route{
		{"GET", "/login", open, func(v *visit) error { return v.s.loginPage(v) }},
		{"POST", "/login", open, func(v *visit) error { return v.s.login(v) }},
		{"POST", "/logout", signedIn, func(v *visit) error { return v.s.logout(v) }},
		{"GET", "/", signedIn, health},
		{"GET", searchBase, signedIn, search},
		{"GET", eventsPath, signedIn, func(v *visit) error { return v.s.events(v) }},
		{"POST", "/proofs/:object", admins, proveNow},
		{"GET", "/pause/:object", admins, askPause},
		{"POST", "/pause/:object", admins, pauseObject},
		{"GET", forecastBase, signedIn, forecastPage},
		{"POST", forecastBase + "/export", signedIn, exportForecast},
		{"POST", settingsBase + "/forecast/preview", admins, previewTab(gateway.TabForecast, orgScope)},
		{"GET", WinnersURL, admins, winnersPage},
		{"POST", settingsBase + "/notes/preview", admins, previewTab(gateway.TabNotes, orgScope)},
		{"POST", "/settings/you/preview", signedIn, previewTab(gateway.TabNotes, ownScope)},
		{"POST", "/settings/members/:id/notes/preview", admins, previewTab(gateway.TabNotes, memberOfAddress)},
		{"GET", "/sync/log", signedIn, syncLog},
		{"POST", "/sync/lines/retry", signedIn, retryLines},
		{"GET", "/sync/lines/ignore", signedIn, askIgnoreLines},
		{"POST", "/sync/lines/ignore", signedIn, ignoreLines},
		{"POST", "/sync/lines/export", admins, exportLog},
		{"GET", "/sync/log/:id", signedIn, logLine},
		{"POST", "/sync/log/:id/reveal", signedIn, revealLine},
		{"POST", "/sync/log/:id/retry", signedIn, retryLine},
		{"POST", "/sync/log/:id/link", signedIn, linkExisting},
		{"GET", "/sync/log/:id/ignore", signedIn, askIgnore},
		{"POST", "/sync/log/:id/ignore", signedIn, ignoreLine},
		{"GET", "/sync", signedIn, goTo("/sync/log")},
		{"GET", "/settings", signedIn, func(v *visit) error { return goTo(v.settingsHome())(v) }},
		{"GET", holesBase, signedIn, holeList},
		{"GET", holesBase + "/:id", signedIn, holePage},
		{"GET", holesBase + "/:id/certificate", signedIn, holeFile},
		{"GET", settingsBase, admins, connectPage},
		{"GET", diagnosticsURL, admins, diagnosticsFile},
		{"GET", settingsBase + "/pause", admins, askPauseAll},
		{"POST", settingsBase + "/pause", admins, setPause(true)},
		{"POST", settingsBase + "/resume", admins, setPause(false)},
		{"GET", haltPath, admins, askHalt},
		{"POST", haltPath, admins, halt},
		{"POST", settingsBase + "/share", admins, saveReserve},
		{"GET", settingsBase + "/connect/:environment", admins, leavePage},
		{"POST", settingsBase + "/connect/:environment", admins, beginConnect},
		{"GET", callbackPath, admins, callback},
		{"GET", settingsBase + "/disconnect", admins, askDisconnect},
		{"POST", settingsBase + "/disconnect", admins, disconnect},
		{"GET", mappingsURL, admins, mappingList},
		{"POST", mappingsURL + "/export", admins, exportMappings},
		{"GET", addURL, admins, addObjectPage}, // before the objects: it is the name of none
		{"POST", addURL, admins, addObject},
		{"GET", settingsBase + "/objects/:object/leave", admins, askLeave},
		{"POST", settingsBase + "/objects/:object/leave", admins, leaveObject},
		{"GET", settingsBase + "/objects/:object", admins, objectPage},
		{"POST", settingsBase + "/objects/:object", admins, saveObject},
		{"POST", settingsBase + "/objects/:object/describe", admins, describeAgain},
		{"GET", settingsBase + "/objects/:object/properties", admins, importProperties},
		{"POST", settingsBase + "/objects/:object/properties", admins, importFields},
		{"GET", settingsBase + "/objects/:object/remove", admins, askRemove},
		{"POST", settingsBase + "/objects/:object/remove", admins, removeField},
		{"GET", settingsBase + "/objects/:object/why", signedIn, whyFieldReadOnly},
		{"GET", settingsBase + "/objects/:object/import", admins, askImport},
		{"POST", settingsBase + "/objects/:object/import", admins, importAgain},
		{"POST", settingsBase + "/objects/:object/load", admins, wishLoad("")},
		{"POST", settingsBase + "/objects/:object/load/pause", admins, wishLoad("pause")},
		{"POST", settingsBase + "/objects/:object/load/resume", admins, wishLoad("resume")},
		{"POST", settingsBase + "/objects/:object/load/cancel", admins, wishLoad("cancel")},
		{"GET", "/settings/you", signedIn, you},
		{"POST", "/settings/you", signedIn, saveYou},
		{"GET", "/settings/you/account", signedIn, account},
		{"POST", "/settings/you/account", signedIn, changePassword},
		{"GET", "/settings/members", admins, members},
		{"POST", "/settings/members", admins, addMember},
		{"GET", "/settings/members/:id", admins, memberPage},
		{"POST", "/settings/members/:id", admins, saveMember},
		{"GET", "/settings/members/:id/notes", admins, memberNotes},
		{"POST", "/settings/members/:id/notes", admins, saveMemberNotes},
		{"GET", apiPath, signedIn, apiDocs},
		{"GET", "/settings/keys", admins, keys},
		{"POST", "/settings/keys", admins, createKey},
		{"POST", "/settings/keys/:id/revoke", admins, revokeKey},
		{"GET", auditPath, admins, auditLog},
	}
	list = append(list, productPages...) // before the webhooks: its name is no id of theirs
	list = append(list, hookPages...)
	list = append(
		list,
		route{"GET", recordsBase + ":object", signedIn, ofAdded(recordList)},
		route{"GET", recordsBase + ":object/:id", signedIn, ofAdded(recordPage)},
		route{"POST", recordsBase + ":object/:id", signedIn, ofAdded(saveField)},
		route{"GET", recordsBase + ":object/:id/why", signedIn, ofAdded(whyReadOnly)},
		route{"GET", recordsBase + ":object/:id/delete", signedIn, ofAdded(askDelete)},
		route{"POST", recordsBase + ":object/:id/delete", admins, ofAdded(deleteRecord)},
	)
	list = append(list, topicPages...)
	list = append(list, conflictPages...)
	list = append(list, undecidedPages...)
	list = append(list, undoPages...)
	list = append(list, againPages...)
	list = append(list, route{"GET", backtestBase, admins, backtestPage})
	list = append(list, explainPages...)
	list = append(list, costPages...)
	list = append(list, rehearsalPages...)
	list = append(list, agentPages...)
	list = append(list, filePages...)
	list = append(list, saidPages...)
	for _, tab := range gateway.Tabs {
		list = append(list,
			route{"GET", settingsBase + "/" + string(tab), admins, settingsTab(tab)},
			route{"POST", settingsBase + "/" + string(tab), admins, saveTab(tab)})
		if tab != gateway.TabObjects {
			list = append(list, route{"GET", settingsBase + "/" + string(tab) + defaultsPath, admins, reviewDefaults(tab)})
		}
	}
	for _, k := range recordKinds {
		list = append(list,
			route{"GET", k.path, signedIn, recordList(k)},
			route{"GET", k.path + "/:id", signedIn, recordPage(k)},
			route{"POST", k.path + "/:id", signedIn, saveField(k)},
			route{"GET", k.path + "/:id/why", signedIn, whyReadOnly(k)},
			route{"GET", k.path + "/:id/delete", signedIn, askDelete(k)},
			route{"POST", k.path + "/:id/delete", admins, deleteRecord(k)})
		if !isPerson(k.object) {
			continue
		}
		list = append(list,
			route{"GET", k.path + "/:id/link", signedIn, askLink(k)},
			route{"POST", k.path + "/:id/link", signedIn, chooseLink(k)},
			route{"GET", k.path + "/:id/unlink", signedIn, askUnlink(k)},
			route{"POST", k.path + "/:id/unlink", signedIn, unlink(k)})
	}
	return list
}

// goTo leads an address that people type to the page that they mean.
func goTo(url string) func(*visit) error {
	return func(v *visit) error { return v.Redirect(url, fiber.StatusFound) }
}
