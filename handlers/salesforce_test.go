package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tidegate/gateway"
	"tidegate/store"
)

// scriptedOrg remembers what pages asked of the Salesforce side.
type scriptedOrg struct {
	db       *store.DB // what is mirrored of an object, the org has
	mu       sync.Mutex
	begun    []Grant
	finished []Grant
	calls    []string
	report   CheckReport
	checkErr error
	beginErr error
	// hidden are, after a user and a space, what Salesforce hides from him: ids,
	// objects, fields with their object. sightErr is that it does not say.
	hidden   map[string]bool
	sightErr error
	// sources are what gives a right, by object and field; rightsErr is that the org does not tell.
	sources   map[string][]gateway.RightSource
	rightsErr error
	asked     int // how often
	// more are objects of the org beside the usual ones, described what Candidates
	// reads of them.
	more          []gateway.ObjectInfo
	described     []gateway.Schema
	candidatesErr error
}

func (o *scriptedOrg) Begin(_ context.Context, _ gateway.WorkspaceID, g Grant) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !strings.HasPrefix(g.LoginURL, "https://") || strings.ContainsAny(g.LoginURL, " \r\n") {
		return "", gateway.InvalidField("login_url", "%q is no Salesforce sign-in host.", g.LoginURL)
	}
	o.begun = append(o.begun, g)
	return g.LoginURL + "/services/oauth2/authorize?state=" + g.State, o.beginErr
}

func (o *scriptedOrg) Finish(_ context.Context, ws gateway.WorkspaceID, g Grant, code string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished = append(o.finished, g)
	o.calls = append(o.calls, "finish "+string(ws)+" "+code)
	return nil
}

func (o *scriptedOrg) Check(context.Context, gateway.WorkspaceID) (CheckReport, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.report, o.checkErr
}

func (o *scriptedOrg) Disconnect(context.Context, gateway.WorkspaceID) error {
	return o.called("disconnect")
}

func (o *scriptedOrg) Pause(_ context.Context, _ gateway.WorkspaceID, paused bool) error {
	return o.called(fmt.Sprint("pause ", paused))
}

func (o *scriptedOrg) ProveNow(_ context.Context, _ gateway.WorkspaceID, object string) (bool, error) {
	return true, o.called("prove " + object)
}

func (o *scriptedOrg) RefreshSchema(context.Context, gateway.WorkspaceID, string) error {
	return o.called("refresh")
}

func (o *scriptedOrg) Sight(ctx context.Context, ws gateway.WorkspaceID, user, object string) (gateway.ObjectSight, error) {
	var names []string
	if schema, err := o.db.In(ws).Schema(ctx, object); err == nil {
		for _, f := range schema.Fields {
			names = append(names, f.Name)
		}
	}
	mirrored, err := o.db.In(ws).RecordsAfter(ctx, object, "", 500)
	if err != nil {
		return gateway.ObjectSight{}, err
	}
	for _, r := range mirrored {
		names = slices.AppendSeq(names, maps.Keys(r.Fields))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sightErr != nil {
		return gateway.ObjectSight{}, o.sightErr
	}
	sight := gateway.ObjectSight{Readable: !o.hidden[user+" "+object], Fields: map[string]bool{}}
	for _, name := range names {
		if !o.hidden[user+" "+object+"."+name] {
			sight.Fields[name] = true
		}
	}
	return sight, nil
}

func (o *scriptedOrg) Rights(_ context.Context, _ gateway.WorkspaceID, object, field string) ([]gateway.RightSource, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	return o.sources[object+"."+field], o.rightsErr
}

func (o *scriptedOrg) Readable(_ context.Context, _ gateway.WorkspaceID, user string, ids []string) (map[string]bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = !o.hidden[user+" "+id]
	}
	return out, o.sightErr
}

func (o *scriptedOrg) Count(_ context.Context, _ gateway.WorkspaceID, object string) (int, error) {
	n := map[string]int{"EmailMessage": 2500, "EmailMessageRelation": 4000}[object]
	return n, o.called("count " + object)
}

func (o *scriptedOrg) Objects(context.Context, gateway.WorkspaceID) ([]gateway.ObjectInfo, error) {
	return []gateway.ObjectInfo{
		{Name: "Contact", Label: "Contact", Createable: true, Updateable: true},
		{Name: "Visit__c", Label: "Visit", Custom: true, Createable: true, Updateable: true, Searchable: true, Replicateable: true},
		{Name: "Case", Label: "Case", Createable: true, Updateable: true},
	}, nil
}

// Candidates describes what is scripted, as the org would.
func (o *scriptedOrg) Candidates(ctx context.Context, ws gateway.WorkspaceID, again bool) (Candidates, error) {
	o.mu.Lock()
	all, described, err := o.more, o.described, o.candidatesErr
	o.mu.Unlock()
	if err != nil {
		return Candidates{}, err
	}
	usual, _ := o.Objects(ctx, ws)
	if len(described) > 0 {
		if err := o.db.In(ws).SaveSchemas(ctx, described); err != nil {
			return Candidates{}, err
		}
	}
	if again {
		err = o.called("candidates again")
	}
	return Candidates{Objects: append(usual, all...)}, err
}

func (o *scriptedOrg) called(what string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, what)
	return nil
}

func (o *scriptedOrg) last() Grant {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.begun[len(o.begun)-1]
}

func (o *scriptedOrg) log() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.calls...)
}

// scriptedCaller accepts every write unless a script says otherwise.
type scriptedCaller struct {
	mu     sync.Mutex
	answer func(gateway.Change) gateway.Delivery
	block  chan struct{} // closed to let calls go on; nil = they do not wait
	sent   []gateway.Change
}

func (s *scriptedCaller) script(answer func(gateway.Change) gateway.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *scriptedCaller) Write(ctx context.Context, _ gateway.WorkspaceID, object string, op gateway.Op, changes []gateway.Change) []gateway.Delivery {
	s.mu.Lock()
	block := s.block
	s.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, changes...)
	out := make([]gateway.Delivery, len(changes))
	for i, c := range changes {
		out[i] = gateway.Delivery{Done: true, RecordID: c.Key.ID}
		if op == gateway.OpCreate {
			out[i].RecordID, out[i].Created = key(object, "003", 900_000+len(s.sent)).ID, true
		}
		if s.answer != nil {
			out[i] = s.answer(c)
		}
	}
	return out
}

func (s *scriptedCaller) Find(context.Context, gateway.WorkspaceID, gateway.Change) ([]string, error) {
	return nil, nil
}

func (s *scriptedCaller) Read(context.Context, gateway.WorkspaceID, string, []string, []string) (map[string]gateway.Fields, error) {
	return nil, nil
}

func (s *scriptedCaller) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

func refuse(code gateway.Code, fields ...string) gateway.Delivery {
	return gateway.Delivery{Err: &gateway.Error{
		Code: code, Message: "A rule of your org refuses this title.", Said: "400 FIELD_CUSTOM_VALIDATION_EXCEPTION: no", Status: 400, Fields: fields,
	}}
}

var schemas = []gateway.Schema{
	{Object: "Contact", Label: "Contact", KeyPrefix: "003", Fields: []gateway.Field{
		{Name: "Name", Label: "Full Name", Type: "string"},
		text("FirstName", "First Name", 40), text("LastName", "Last Name", 80), text("Title", "Title", 128),
		{Name: "Email", Label: "Email", Type: gateway.TypeEmail, Length: 80, Createable: true, Updateable: true, Nillable: true},
		{Name: "Phone", Label: "Business Phone", Type: gateway.TypePhone, Length: 40, Createable: true, Updateable: true, Nillable: true},
		text("Department", "Department", 80),
		{Name: "AccountId", Label: "Account ID", Type: gateway.TypeReference, Updateable: true, Nillable: true},
		{Name: "LeadSource", Label: "Lead Source", Type: gateway.TypePicklist, Picklist: []string{"Web", "Partner"}, Restricted: true, Updateable: true, Nillable: true},
		{Name: "DoNotCall", Label: "Do Not Call", Type: gateway.TypeBoolean, Updateable: true},
		{Name: "Birthdate", Label: "Birthdate", Type: gateway.TypeDate, Updateable: true, Nillable: true},
		{Name: "Description", Label: "Description", Type: gateway.TypeTextarea, Length: 32000, Updateable: true, Nillable: true},
		{Name: "CreatedById", Label: "Created By ID", Type: gateway.TypeReference},
	}},
	{Object: "Account", Label: "Account", KeyPrefix: "001", Fields: []gateway.Field{
		text("Name", "Account Name", 255), {Name: "Phone", Label: "Phone", Type: gateway.TypePhone, Length: 40, Updateable: true, Nillable: true},
	}},
	{Object: "Lead", Label: "Lead", KeyPrefix: "00Q", Fields: []gateway.Field{
		text("FirstName", "First Name", 40), text("LastName", "Last Name", 80), text("Company", "Company", 255), text("Title", "Title", 128),
	}},
	{Object: "Opportunity", Label: "Opportunity", KeyPrefix: "006", Fields: []gateway.Field{
		text("Name", "Name", 120), text("NextStep", "Next Step", 255),
		{Name: "StageName", Label: "Stage", Type: gateway.TypePicklist, Picklist: []string{"Prospecting", "Qualification", "Needs Analysis", "Closed Won", "Closed Lost"}, Updateable: true, Createable: true, Length: 255},

		{Name: "Amount", Label: "Amount", Type: gateway.TypeCurrency, Updateable: true, Nillable: true},
		{Name: "Forecast_Amount__c", Label: "Forecast Amount", Type: gateway.TypeCurrency, Updateable: true, Nillable: true},
		{Name: "CloseDate", Label: "Close Date", Type: gateway.TypeDate, Updateable: true},
		{Name: "Signed_On__c", Label: "Signed On", Type: gateway.TypeDate, Updateable: true, Nillable: true},
	}},
}

func text(name, label string, length int) gateway.Field {
	return gateway.Field{Name: name, Label: label, Type: "string", Length: length, Createable: true, Updateable: true, Nillable: name != "LastName"}
}
