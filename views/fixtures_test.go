package views

// Hostile text as somebody could type it into a name, a note or an error.
const hostile = `<script>alert("x")</script>"'><img src=x onerror=alert(1)>`

func allNav() []NavItem {
	return []NavItem{
		{Key: NavHealth, URL: "/"},
		{Key: NavContacts, URL: "/contacts"},
		{Key: NavLeads, URL: "/leads"},
		{Key: NavAccounts, URL: "/accounts"},
		{Key: NavDeals, URL: "/deals"},
		{Key: NavMeetings, URL: "/meetings"},
		{Key: NavForecast, URL: "/forecast"},
		{Key: NavSyncLog, URL: "/sync/log", Count: "3", CountMeans: "3 writes need you"},
		{Key: NavSettings, URL: "/settings/salesforce"},
	}
}

func shell(title, current string) Shell {
	return Shell{
		Title: title, Current: current, Nav: allNav(),
		Environment: Environment{Kind: "production", Org: "Lindenmoor"},
		Search:      SearchBox{URL: "/search"},
		User: User{
			Name: "Mara Quill", Initials: "MQ", SignOutURL: "/logout",
			Menu: []Link{{Text: "You", URL: "/settings/you"}, {Text: "Members", URL: "/settings/members"}, {Text: "Keys", URL: "/settings/keys"}},
		},
	}
}

func sandboxShell(title, current string) Shell {
	s := shell(title, current)
	s.Environment = Environment{Kind: "sandbox", Org: "Lindenmoor · uat"}
	return s
}

func at(text string) Time { return Time{Text: text, ISO: "2026-11-19T14:31:40Z"} }

func loginPages() []page {
	plain := LoginPage{URL: "/login", Workspace: "Lindenmoor", RememberFor: "30 days", Next: "/contacts", Hint: "Demo: admin@example.com, the password stands in the terminal."}
	failed := plain
	failed.Hint = ""
	failed.Email = "mara.quill@example.com"
	failed.Error, failed.ErrorNext = "E-mail or password is not right.", "4 tries left before a pause of 5 minutes."
	bad := failed
	bad.Email, bad.Workspace, bad.Next = hostile, hostile, hostile
	in := shell("Not found", "")
	return []page{
		{"login", Login(plain)},
		{"login-failed", Login(failed)},
		{"login-hostile", Login(bad)},
		{"error-404", Error(ErrorPage{Shell: in, Empty: Empty{Icon: IconSearch, Title: "This page does not exist", Text: "The record may have been deleted in Salesforce, or the address has a typing mistake.", Actions: []Action{{Text: "Go to Health", URL: "/", Style: Primary}}}})},
		{"error-403", Error(ErrorPage{Shell: in, Empty: Empty{Icon: IconLock, Title: "Settings are not open to you", Text: "Tidegate lets only admins change settings of the organization. An admin can change your role under Members.", Actions: []Action{{Text: "Open your own settings", URL: "/settings/you"}}}})},
		{"error-503", Error(ErrorPage{Shell: Shell{Title: "Not available"}, Empty: Empty{Title: "The database does not answer", Text: "Nothing is lost: what was saved is safe, and syncing goes on by itself.", Actions: []Action{{Text: "Try again", URL: "/", Style: Primary}}}, Number: "7F3K-22"})},
		{"error-hostile", Error(ErrorPage{Shell: in, Empty: Empty{Title: hostile, Text: hostile, Actions: []Action{{Text: "Try", URL: "javascript:alert(1)"}}}, Number: hostile})},
	}
}

func pause(name string) Action {
	return Action{Text: "Pause", URL: "/pause/" + name, Small: true, About: ": " + name}
}

func healthy() HealthPage {
	s := shell("Health", NavHealth)
	s.StreamURL, s.ReloadURL, s.MadeAt = "/live?topics=health", "/", at("14:32:05")
	row := func(kind, name, state, last, lag, rows string) HealthObject {
		return HealthObject{
			Kind: kind, Name: name, State: StateChip(state), Transport: "Stream", LastEvent: at(last), Lag: lag,
			RowsHere: rows, RowsThere: "same in Salesforce", Proof: "Equal as of 14:20", ProofDetail: "95 % covered",
			Pending: "0", Parked: Piece{Text: "0"}, Pause: pause(name),
			Action: Action{Text: "Prove now", URL: "/proofs/" + name, Post: true, Style: Quiet, About: ": compare " + name + " with Salesforce"},
		}
	}
	lead := row(KindLead, "Lead", StateRepairing, "9 s ago", "lag 2.1 s", "31,907")
	lead.RowsThere, lead.Unequal, lead.Proof, lead.ProofDetail = "31,915 in Salesforce", true, "Unequal, 14:31", "8 rows on the way"
	contact := row(KindContact, "Contact", StateOK, "1 s ago", "lag 0.8 s", "48,112")
	contact.ProofLink = Link{Text: "7 repaired", URL: "/sync/log?direction=system&object=Contact"}
	contact.Pending, contact.Parked = "3", Piece{Text: "1 need you", URL: "/sync/log?state=needs_you&object=Contact"}
	task := row(KindTask, "Task", StatePolling, "41 s ago", "lag 44 s", "97,340")
	task.Why = "Every 60 s. Task is not selected for Change Data Capture."
	task.Transport, task.Polled, task.Proof, task.ProofDetail = "Poll, 60 s", true, "Equal as of 13:20", "being compared, 61 % so far"
	mail := row(KindEmail, "EmailMessage", StatePaused, "2 h ago", "by M. Quill", "15,018")
	mail.Transport, mail.Polled = "Poll", true
	mail.Action, mail.Pause.Text = Action{}, "Resume"
	return HealthPage{
		Shell: s, Live: Live{URL: "/?part=health"},
		State: StateChip(StateRepairing),
		Sentence: []Piece{
			{Text: "In sync except Lead, 2 s behind, "},
			{Text: "3 writes need you", URL: "/sync/log?state=needs_you"},
			{Text: ", 14 % of today’s API budget"},
		},
		Detail:      "Lead is repairing a gap: 8 rows left, about 20 s. Checked 4 s ago; this page follows by itself.",
		Actions:     []Action{{Text: "Pause sync", URL: "/sync/pause", Post: true, Icon: IconPause}, {Text: "Prove equality now", URL: "/sync/verify", Post: true, Icon: IconShield}},
		ObjectsLead: "Streams carry the five objects your edition allows. The others are asked every minute; nothing is lost, only later.",
		ObjectsLink: Link{Text: "Why is Task polled?", URL: "/help/polling"},
		Objects: []HealthObject{
			row(KindAccount, "Account", StateOK, "2 s ago", "lag 0.6 s", "12,480"), contact, lead,
			row(KindDeal, "Opportunity", StateOK, "2 s ago", "lag 0.7 s", "6,204"),
			row(KindEvent, "Event", StateCatchingUp, "38 s ago", "lag 0.9 s", "20,655"), task, mail,
		},
		Flow: flowSample(), Budget: budgetSample(),
		Holes: []Hole{
			{When: "Today 14:31", Span: "14:29:40 to 14:31:02", Cause: "Lead: Salesforce sent a gap event", Checked: "31,915", Repaired: "in progress, 0 of 8", Outcome: Chip{UnderWay, IconWrench, "Repairing"}, Link: Link{Text: "Follow", URL: "/sync/holes/3"}},
			{When: "Tue 17 Nov 08:51", Span: "Mon 22:04 to Tue 08:51", Cause: "Maintenance in Salesforce, replay id expired", Checked: "99,803", Repaired: "412 changed, 3 deleted", Outcome: Chip{Good, IconOK, "Closed, equal"}, Link: Link{Text: "Certificate", URL: "/sync/holes/2"}},
		},
		HolesLink: Link{Text: "All 14", URL: "/sync/holes"},
	}
}

func flowSample() *Flow {
	f := &Flow{
		Ranges:  Segments{Label: "Time range", Items: []Segment{{Text: "1 h", URL: "/?range=1h"}, {Text: "24 h", URL: "/?range=24h", Current: true}, {Text: "7 d", URL: "/?range=7d"}}},
		InWord:  "In, 18,204 rows (up)",
		OutWord: "Out, 6,911 rows (down)", FailedWord: "16 failed, 13 repaired",
		Summary: "Most rows came in between 06:30 and 14:30, at most 1,046 in half an hour.",
	}
	in := []int{610, 905, 676, 740, 520, 430, 280, 180, 130, 80, 60, 50, 50, 50, 60, 60, 100, 220, 410, 480, 840, 730, 1046, 820, 900, 710, 740, 730, 830, 600}
	for i, n := range in {
		bar := FlowBar{Label: []string{"14:30", "15:20", "16:10", "17:00"}[i%4], In: n, Out: n / 2}
		if i == 4 || i == 20 {
			bar.Failed = 4 + i/2
		}
		f.Bars = append(f.Bars, bar)
	}
	return f
}

func budgetSample() *Budget {
	return &Budget{
		Share: &SmallForm{
			Title: "Our share", Button: "Set share", Form: Form{URL: "/settings/salesforce/share"},
			Fields: []Field{{Name: "share", Label: "Our share of the org's calls, in percent", Value: "60", Required: true, MaxLength: "3"}},
		},
		Percent: "14 %", Used: "14,021 of 100,000 calls", UsedShare: 140, ForecastShare: 310, OurShare: 600,
		ShareWord: "our share 60 %", Limit: "100,000",
		Facts: []Fact{
			{Label: "At midnight", Value: "31 % expected, half of our share"},
			{Label: "Our share", Value: "60,000 calls", Link: Link{Text: "Change", URL: "/settings/salesforce"}},
			{Label: "Others in the org", Value: "9,870 calls"},
		},
		Footer: "If the share runs out: polling slows first, edits by people never.",
	}
}

// holeRecord is a continuity record that is closed.
func holeRecord() HolePage {
	s := shell("Continuity record", NavHealth)
	return HolePage{
		Shell: s,
		Head: Head{
			Title: "Our place in the stream was older than Salesforce keeps", Crumb: []Link{{Text: "Health", URL: "/"}, {Text: "Continuity", URL: "/sync/holes"}},
			Lead: "7 d, until 17 Nov 2026, 08:51, in Account and Contact.", Chip: Chip{Good, IconOK, "Closed"},
		},
		Facts: []Fact{
			{Label: "From", Value: "10 Nov 2026, 08:51", Second: "The last change that the stream told was committed then."},
			{Label: "Until", Value: "17 Nov 2026, 08:51"},
			{Label: "Observed", Value: "400::The replayId {37904281} you provided was invalid."},
			{Label: "Found", Value: "17 Nov 2026, 08:51"},
			{Label: "Repaired", Value: "17 Nov 2026, 08:53", Second: "after 2 min"},
		},
		Columns: []Column{{Text: "Object"}, {Text: "State"}, {Text: "Rows read", Number: true}, {Text: "Found"}, {Text: "API calls", Number: true}},
		Rows: []Row{
			{Cells: []Cell{{Text: "Account", Kind: KindAccount, Second: "what changed was read, deleted records too, and all ids were compared"}, {Chip: Chip{Good, IconOK, "Closed"}}, {Text: "12"}, {Text: "nothing had changed"}, {Text: "9"}}},
			{Cells: []Cell{{Text: "Contact", Kind: KindContact, Second: "what changed was read, deleted records too, and all ids were compared"}, {Chip: Chip{Good, IconOK, "Closed"}}, {Text: "412"}, {Text: "398 changed, 3 deleted, 1 restored"}, {Text: "28"}}},
		},
		CertificateText: "This record is signed. Keep the file; “tidegate continuity check” tells anybody who has it whether it is as it was signed.",
		Certificate: []Fact{
			{Label: "Signature", Value: "jzOi6o5A3uGhlX1zIhYib+hN1SGDtjlaausYVGQJWUo+GXUgTnHHzPp8ucYir/iWYBe2zpGyZkGfgVLRi4LOxg==", Mono: true},
			{Label: "Public key", Value: "6SgWsAYO+omoKels529I7b2RmNOKsvz3zM8y3zYbF7c=", Mono: true},
		},
		Download: Action{Text: "Download certificate", URL: "/sync/holes/2/certificate", Small: true},
	}
}

func holePages() []page {
	repairing := holeRecord()
	repairing.Head.Chip, repairing.Head.Lead = Chip{UnderWay, IconWrench, "Repairing"}, "3 h, until 17 Nov 2026, 08:51, in Account and Contact."
	repairing.Live = Live{URL: "/sync/holes/3?part=hole"}
	repairing.Rows[1].Cells[1].Chip = Chip{UnderWay, IconWrench, "Repairing"}
	repairing.Rows[1].Cells[2].Second = "of about 1,900"
	repairing.Facts[4] = Fact{Label: "Repaired", Value: "—"}
	repairing.CertificateText, repairing.Certificate, repairing.Download = "", nil, Action{}
	failed := holeRecord()
	failed.Head.Chip = Chip{Bad, IconWarning, "Stands still"}
	failed.Notice = Notice{Tone: Bad, Strong: "Contact stands still.", Text: "The connected user may not read Contact. Give access to it in Salesforce."}
	failed.CertificateText, failed.Certificate, failed.Download = "", nil, Action{}
	bad := holeRecord()
	bad.Head.Title, bad.Facts[2].Value, bad.Notice = hostile, hostile, Notice{Tone: Bad, Strong: hostile, Text: hostile}
	bad.Rows[0].Cells[0].Text, bad.CertificateText = hostile, hostile
	return []page{
		{"hole", HoleRecord(holeRecord())}, {"hole-repairing", HoleRecord(repairing)}, {"hole-failed", HoleRecord(failed)}, {"hole-hostile", HoleRecord(bad)},
	}
}

func healthPages() []page {
	loading := healthy()
	loading.Objects = nil
	loading.Flow, loading.Holes = nil, nil
	loading.State, loading.Sentence = StateChip(StateNotConnected), []Piece{{Text: "Not connected to Salesforce yet"}}
	loading.Detail, loading.Actions = "Connect an org to begin; nothing is read before you agree.", []Action{{Text: "Connect Salesforce", URL: "/settings/salesforce", Style: Primary}}
	loading.Budget, loading.ObjectsLink, loading.ObjectsLead = nil, Link{}, ""
	loading.Shell.Environment = Environment{}
	loading.ObjectsEmpty = Empty{Icon: IconPlug, Title: "No objects yet", Text: "They appear as soon as an org is connected and the first load has begun."}
	loading.HolesEmpty = Empty{Icon: IconOK, Title: "No hole so far", Text: "When we could not listen for a while, the hole and its repair are written down here."}
	bad := healthy()
	bad.Sentence = []Piece{{Text: hostile, URL: "javascript:alert(1)"}}
	bad.Detail, bad.Objects[0].Name, bad.Holes[0].Cause = hostile, hostile, hostile
	bad.Flow.Summary, bad.Budget.Footer = hostile, hostile
	rep := healthy()
	rep.Shell = sandboxShell("Health", NavHealth)
	rep.Actions, rep.Flow = nil, nil
	for i := range rep.Objects {
		rep.Objects[i].Action, rep.Objects[i].Pause = Action{}, Action{}
	}
	rep.Shell.Notices = []Notice{{Tone: Attention, Icon: IconPlug, Strong: "Salesforce does not answer since 13:58.", Text: "You see the mirror as of 13:58:04. Edits are kept here and go out when it answers again; 4 are waiting.", Link: Link{Text: "Follow on Health", URL: "/"}}}
	first := healthy()
	first.Loads = loadSamples()
	first.State, first.Sentence = StateChip(StateCatchingUp), []Piece{{Text: "Catching up with Contact, Lead and Task, 0 problems"}}
	bad.Loads = []Load{{Kind: KindCustom, Name: hostile, State: StateChip(StatePaused), Share: 2000, Text: hostile, Second: hostile}}
	slow := healthy()
	slow.Budget.Slowed = "First reading and the comparison with Salesforce wait until 14:10, because 82 % of our share is used; people’s edits, meetings, calls and messages go on."
	slow.Budget.Lanes = []Fact{
		{Label: "People’s edits", Value: "goes on"},
		{Label: "Meetings, calls and messages", Value: "goes on"},
		{Label: "First reading", Value: "waits until 14:10", Second: "Because 82 % of our share is used (the org made 65,600 of its 100,000 API calls), and the rest is kept for people’s edits and other integrations."},
		{Label: "The comparison with Salesforce", Value: "waits until 14:10", Second: hostile},
	}
	return []page{{"health", Health(healthy())}, {"health-slowed", Health(slow)}, {"health-loading", Health(first)}, {"health-empty", Health(loading)}, {"health-sandbox-rep", Health(rep)}, {"health-hostile", Health(bad)}}
}

// loadSamples are a loading under way, one that just began, a paused and a
// canceled one.
func loadSamples() []Load {
	act := func(object, text, icon string) Action {
		return Action{Text: text, Icon: icon, Post: true, Small: true, URL: "/settings/salesforce/objects/" + object + "/load/" + text, About: " the loading of " + object}
	}
	return []Load{
		{
			Kind: KindContact, Name: "Contact", State: StateChip(StateCatchingUp), Share: 412, Text: "412,000 of 1,000,000 rows",
			Second: "38,114 rows a second, about 15 s left, by Bulk API 2.0.", Actions: []Action{act("Contact", "Pause", IconPause), act("Contact", "Cancel", IconCross)},
		},
		{
			Kind: KindLead, Name: "Lead", State: StateChip(StateCatchingUp), Share: -1, Text: "0 rows",
			Second: "Salesforce prepares the rows, by Bulk API 2.0.", Actions: []Action{act("Lead", "Pause", IconPause), act("Lead", "Cancel", IconCross)},
		},
		{
			Kind: KindTask, Name: "Task", State: StateChip(StatePaused), Share: 70, Text: "6,800 of 97,340 rows",
			Second:  "Paused; nothing is lost, and it goes on where it stopped. What changes in Salesforce comes in all the same.",
			Actions: []Action{act("Task", "Resume", IconResume), act("Task", "Cancel", IconCross)},
		},
		{
			Kind: KindEvent, Name: "Event", State: Chip{Attention, IconWarning, "Canceled"}, Share: 500, Text: "10,000 of 20,655 rows",
			Second: "It is not all here. What changes in Salesforce comes in all the same.", Actions: []Action{act("Event", "Load again", IconAgain)},
		},
	}
}
