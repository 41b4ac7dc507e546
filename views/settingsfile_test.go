package views

func settingsFilePages() []page {
	p := SettingsFilePage{
		Shell: shell("Settings as a file", NavSettings), Head: Head{Title: "Settings as a file", Lead: "Every setting of this workspace as one readable file."},
		Download: Link{Text: "Download settings.yaml", URL: "/settings/salesforce/file/settings.yaml"},
		Facts:    []Fact{{Label: "Tabs", Value: "Notes, Objects"}, {Label: "Fields", Value: "24", Second: "in 4 objects"}, {Label: "Agents", Value: "2"}},
		Form:     Form{URL: "/settings/salesforce/file"},
		File:     Field{Name: "file", Label: "File", Type: "file", Hint: "What it does not name stays as it is."},
		Text:     Field{Name: "text", Label: "Or its text", Lines: 8},
	}
	bad := p
	bad.Text.Value, bad.Text.Error = hostile, hostile
	bad.Form.Errors = []FieldError{{"text", hostile}}
	return []page{{"settings-file", SettingsFile(p)}, {"settings-file-hostile", SettingsFile(bad)}}
}
