package org

import (
	"strings"
)

// noteTwin names the other object under which the same note is found.
func noteTwin(object string) string {
	switch object {
	case "ContentNote":
		return "ContentDocument"
	case "ContentDocument":
		return "ContentNote"
	}
	return ""
}

// mirrorNote keeps the ContentDocument that a note is, under the same id, and
// links a new note to its owner.
func mirrorNote(w *write, id string) *Error {
	documents := w.tx.table("ContentDocument")
	row := make([]any, len(documents.object.Fields))
	at, exists := documents.byID[id]
	if exists {
		row = documents.copyAt(at)
	}
	d := &write{tx: w.tx, object: documents.object, row: row}
	for _, name := range []string{"Title", "FileType", "FileExtension", "ContentSize", "SharingPrivacy", "OwnerId"} {
		d.set(name, w.get(name))
	}
	d.set("Id", id)
	d.set("PublishStatus", "P")
	d.set("SharingOption", "A")
	d.set("IsArchived", false)
	d.set("ContentModifiedDate", w.tx.when)
	w.tx.stamp(d, !exists)
	if exists {
		w.tx.replace(documents, at, row, false)
		return nil
	}
	w.tx.insert(documents, row)
	_, err := w.tx.Create("ContentDocumentLink", map[string]any{
		"ContentDocumentId": id, "LinkedEntityId": w.text("OwnerId"), "ShareType": "I",
	})
	return err
}

// AdminUsername is the name that the administrator logs in with.
const AdminUsername = "admin@tidegate.example"

// found makes what every org has from its first day.
func (o *Org) found() {
	// The organization's and the administrator's ids are needed before there is
	// a caller, so both are the first of their kind by construction.
	o.orgID = newID("00D", 1)
	o.adminID = newID("005", 1)
	by := Caller{UserID: o.adminID, Trusted: true, Quiet: true, At: o.started.AddDate(-3, 0, 0)}
	_, err := o.Transact(by, func(tx *Tx) error {
		if err := fillSetup(tx); err != nil {
			return err
		}
		if err := create(tx, "User", map[string]any{
			"Username": AdminUsername, "LastName": "Admin", "FirstName": "Integration",
			"Email": AdminUsername, "Alias": "admin", "CommunityNickname": "admin", "IsActive": true,
			"ProfileId": newID("00e", adminProfile),
		}); err != nil {
			return err
		}
		edition := strings.ToUpper(o.edition[:1]) + o.edition[1:] + " Edition"
		if err := create(tx, "Organization", map[string]any{
			"Name": "Tidegate Simulated Org", "Country": "Switzerland", "OrganizationType": edition, "InstanceName": "SIM1",
			"LanguageLocaleKey": "en_US", "DefaultLocaleSidKey": "en_US", "TimeZoneSidKey": "Europe/Zurich", "FiscalYearStartMonth": 1,
		}); err != nil {
			return err
		}
		return fillReferences(tx)
	})
	if err != nil {
		// Only a fault in this file can lead here.
		panic("founding the org: " + err.Error())
	}
}

// fillReferences fills the objects behind the stage and status picklists.
func fillReferences(tx *Tx) error {
	for i, s := range Stages {
		if err := create(tx, "OpportunityStage", map[string]any{
			"MasterLabel": s.Name, "ApiName": s.Name, "SortOrder": i + 1, "IsActive": true, "IsClosed": s.Closed,
			"IsWon": s.Won, "DefaultProbability": s.Probability, "ForecastCategory": s.Category,
			"ForecastCategoryName": categoryLabels[s.Category],
		}); err != nil {
			return err
		}
	}
	for object, field := range map[string]*Field{
		"LeadStatus": tx.org.Object("Lead").Field("Status"), "TaskStatus": tx.org.Object("Task").Field("Status"),
	} {
		closing := map[string]string{"LeadStatus": "IsConverted", "TaskStatus": "IsClosed"}[object]
		for i, v := range field.Values {
			if err := create(tx, object, map[string]any{
				"MasterLabel": v.Label, "ApiName": v.Value, "SortOrder": i + 1, "IsDefault": v.Default,
				closing: v.Value == "Completed" || v.Value == "Closed - Converted",
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func create(tx *Tx, object string, values map[string]any) error {
	if _, err := tx.Create(object, values); err != nil {
		return err
	}
	return nil
}
