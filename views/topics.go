package views

// TopicsPage is /settings/topics: the list, what to map first, and a form that
// adds one.
type TopicsPage struct {
	List ListPage
	// Show parts the topics in use from the archived ones.
	Show Segments
	// First are the mappings to begin with; a passed one is done.
	First  []Check
	Create *SmallForm
}

// TopicPage is one topic with where it is written.
type TopicPage struct {
	Shell Shell
	Head  Head
	// Notice stands above an archived topic.
	Notice Notice
	Form   SmallForm
	// Uses are the Salesforce fields that it is written to.
	Uses  ListPage
	Facts []Fact
}
