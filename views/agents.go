package views

// AgentsPage is /settings/agents: the list, and a form that adds one.
type AgentsPage struct {
	List   ListPage
	Create *SmallForm
}

// AgentPage is one agent: what becomes of its conversations in Salesforce.
type AgentPage struct {
	Shell   Shell
	Head    Head
	Form    Form
	Name    Field
	Enabled Switch
	Objects ChoiceGroup
	Match   Select
	Notice  Notice
	Parts   []AgentPart
	Filters AgentFilters
	// Sources are offered to every input whose List is SourceList.
	Sources []Option
	Facts   []Fact
}

// SourceList is the id of the list of sources.
const SourceList = "sources"

// AgentPart is the mapping of one object.
type AgentPart struct {
	Object, Kind, Title, Text, Error string
	Lines                            []AgentLine
}

// AgentLine fills one field. A new line has Choose, one that stands its name.
type AgentLine struct {
	Field, APIName  string
	Name            Hidden
	Choose          *Select
	Source, Default Field
}

// AgentFilters say which conversations are sent.
type AgentFilters struct {
	Text, Error string
	Lines       []FilterLine
}

// FilterLine is one condition.
type FilterLine struct {
	Object, Op    Select
	Source, Value Field
}
