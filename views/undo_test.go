package views

func undoSample(value string) UndoPage {
	return UndoPage{
		Shell: shell("Undo", NavSyncLog),
		Head:  Head{Crumb: []Link{{Text: "Sync log", URL: "/sync/log"}}, Title: "Undo 1 value", Lead: "Nothing is written yet. 1 would go back, 1 stay."},
		Restores: ListPage{
			Caption: "What would be written", Columns: []Column{{Text: "Record"}, {Text: "Field"}, {Text: "Now in Salesforce"}, {Text: "Back to"}, {Text: "Written by"}},
			Rows:  []Row{{Cells: []Cell{{Kind: KindDeal, Text: value, URL: "/deals/006"}, {Text: "Next Step"}, {Text: value}, {Text: "none"}, {Text: "1 write", URL: "/sync/log/2"}}}},
			Empty: Empty{Icon: IconOK, Title: "Nothing goes back", Text: "None of the values that these writes made is still there; the list below says why."},
		},
		Left: ListPage{
			Caption: "What stays, and why", Columns: []Column{{Text: "Record"}, {Text: "Field"}, {Text: "Why it stays"}},
			Rows: []Row{{Cells: []Cell{{Kind: KindDeal, Text: "Ostrander Lamps", URL: "/deals/007"}, {Text: "Amount"}, {Text: "Somebody changed it in Salesforce since; that stands.", URL: "/sync/log/3"}}}},
		},
		Form: Form{URL: "/sync/undo"}, Hidden: []Hidden{{"line", "2"}}, Button: "Write 1 value back", Cancel: Link{Text: "Leave everything as it is", URL: "/sync/log"},
	}
}

func undoPages() []page {
	none := undoSample("")
	none.Restores.Rows, none.Button = nil, ""
	many := undoSample("Quillmark renewal")
	many.Notice = Notice{Tone: Attention, Icon: IconWarning, Text: "There are more writes than are taken back at once. These are the newest; come back for the others."}
	from := ann()
	from.Details[0].Written = &Written{Text: "Written by Jonah Pryce from meeting m-1 (Next Steps ← Action Items), replacing none.", Link: Link{Text: "Open the write", URL: "/sync/log/2"}, Undo: Link{Text: "Undo", URL: "/sync/undo?line=2"}}
	return []page{{"undo", Undo(many)}, {"undo-nothing", Undo(none)}, {"undo-hostile", Undo(undoSample(hostile))}, {"record-written-by", Record(from)}}
}
