package views

func apiPages() []page {
	p := APIPage{
		Shell: shell("API", ""), Head: Head{Title: "API", Lead: "What your product calls.", Actions: []Action{{Text: "OpenAPI description", URL: "/api/v1/openapi.json"}}},
		Setup: "export TG=https://crm.example.com KEY=tg_…", Notes: []string{"Errors are problems with a stable code.", "Unknown fields are refused."},
		Calls: []APICall{
			{
				ID: "put-people", Title: "Put a person", Text: "Makes or updates a person by your own id.", Method: "PUT", Path: "/api/v1/people/{external_id}", Scope: "write", Answer: "Saved",
				Fields:  []APIField{{"external_id", "Address", "Your own id.", true}, {"kind", "Body, contact or lead", "What the person becomes.", false}, {"action_items[].owner_email", "Body, text", "E-mail address of who does it.", false}},
				Example: "curl -X PUT \"$TG/api/v1/people/u-1001\" -H \"Authorization: Bearer $KEY\" -d '{\n  \"kind\": \"contact\"}'",
			},
			{ID: "get-status", Title: "Read the state", Text: "The state of the connection.", Method: "GET", Path: "/api/v1/status", Scope: "read", Answer: "State", Example: "curl \"$TG/api/v1/status\" -H \"Authorization: Bearer $KEY\""},
		},
	}
	return []page{{"api", API(p)}}
}
