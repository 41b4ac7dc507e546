package handlers

// apiField says what a field of a body is.
type apiField struct {
	text     string
	required bool
	values   []string // what it may be; nil = anything of its type
}

const (
	momentText = "Date with time and zone, such as 2026-05-31T14:30:00Z."
	agentText  = "Id or name of the agent of the product that led it; its objects, mapping and filters are used."
	topicText  = "Notes by the slug of a topic: a text, and where in the recording it was said."
)

// apiFields describes the fields of all bodies by schema and name; a test sees
// that none is missing and none too many.
var apiFields = map[string]apiField{
	"Person.email":        {text: "E-mail address, by which the person is recognized in Salesforce."},
	"Person.phone":        {text: "Phone number."},
	"Person.mobile_phone": {text: "Mobile phone number."},
	"Person.first_name":   {text: "First name."},
	"Person.last_name":    {text: "Last name; Salesforce needs one to make a record."},
	"Person.company":      {text: "Company; Salesforce needs one to make a lead."},
	"Person.title":        {text: "Job title."},
	"Person.rating":       {text: "Rating of a lead."},
	"Person.kind":         {text: "What the person becomes where there is no record yet; contact when left out.", values: []string{"contact", "lead"}},
	"Person.agent":        {text: agentText + " Its filters about people hold him back too; a lead of none that is listed goes by those of the default agent."},
	"Person.owner_email":  {text: "E-mail address of who shall own the record."},
	"Person.properties":   {text: "Custom and data-capture fields."},

	"Meeting.title":           {text: "Title of the meeting.", required: true},
	"Meeting.source":          {text: "Where it comes from; calendar when left out.", values: []string{"calendar", "impromptu"}},
	"Meeting.status":          {text: "Its state; scheduled when left out.", values: []string{"scheduled", "completed", "cancelled"}},
	"Meeting.starts_at":       {text: momentText, required: true},
	"Meeting.ends_at":         {text: momentText + " After starts_at.", required: true},
	"Meeting.organizer_email": {text: "E-mail address of the organizer."},
	"Meeting.participants":    {text: "Up to 500 people."},
	"Meeting.purpose":         {text: "Purpose of the meeting."},
	"Meeting.outcome":         {text: "Outcome of the meeting."},
	"Meeting.notes":           {text: "Notes as HTML or Markdown."},
	"Meeting.summary":         {text: "Summary."},
	"Meeting.action_items":    {text: "Up to 500; each can become an open Task."},
	"Meeting.key_moments":     {text: "Places in the recording that are worth hearing."},
	"Meeting.topics":          {text: topicText},
	"Meeting.recording_url":   {text: "Web address of the recording."},
	"Meeting.transcript":      {text: "Transcript as text."},
	"Meeting.properties":      {text: "Custom fields."},
	"Meeting.agent":           {text: agentText + " Without one the meeting goes by the settings alone."},

	"Participant.email":      {text: "E-mail address."},
	"Participant.name":       {text: "Name."},
	"Participant.phone":      {text: "Phone number."},
	"ActionItem.text":        {text: "What is to be done.", required: true},
	"ActionItem.due_on":      {text: "A day such as 2026-05-31."},
	"ActionItem.owner_email": {text: "E-mail address of who does it."},
	"KeyMoment.text":         {text: "What happens there."},
	"KeyMoment.at_seconds":   {text: "Seconds from the beginning."},
	"TopicNote.text":         {text: "What was said."},
	"TopicNote.at_seconds":   {text: "Seconds from the beginning."},

	"Call.direction":          {text: "Who called.", required: true, values: []string{"inbound", "outbound", "internal"}},
	"Call.from":               {text: "Number of the caller."},
	"Call.to":                 {text: "Number that was called."},
	"Call.started_at":         {text: momentText, required: true},
	"Call.duration_seconds":   {text: "Length in seconds, less than a week."},
	"Call.disposition":        {text: "How it ended."},
	"Call.notes":              {text: "Notes."},
	"Call.topics":             {text: topicText},
	"Call.recording_url":      {text: "Web address of the recording."},
	"Call.person_external_id": {text: "Your id of the person; else the number of the other side is looked up."},
	"Call.agent_email":        {text: "E-mail address of who made or took the call."},
	"Call.agent":              {text: agentText + " Without one the call goes by the settings alone."},

	"Conversation.channel":            {text: "chat when left out.", values: []string{"chat", "sms"}},
	"Conversation.agent":              {text: agentText + " A chat of none that is listed goes by the default agent."},
	"Conversation.person_external_id": {text: "Your id of the person."},
	"Conversation.answers":            {text: "Answers to the questions that qualify."},
	"Conversation.started_at":         {text: momentText + " When left out, with its first message."},
	"Conversation.messages":           {text: "Up to 5,000 messages."},
	"Message.external_id":             {text: "Your id of the message.", required: true},
	"Message.direction":               {text: "Who wrote.", required: true, values: []string{"inbound", "outbound"}},
	"Message.author":                  {text: "Name of who wrote."},
	"Message.text":                    {text: "What was written."},
	"Message.at":                      {text: momentText, required: true},
	"Messages.external_id":            {text: "Your id of the message, where one is sent."},
	"Messages.direction":              {text: "Who wrote it: inbound or outbound."},
	"Messages.author":                 {text: "Name of who wrote it."},
	"Messages.text":                   {text: "What was written."},
	"Messages.at":                     {text: momentText},
	"Messages.messages":               {text: "Up to 5,000 messages, where several are sent."},

	"Email.message_id": {text: "Message-ID of the e-mail."},
	"Email.from":       {text: "E-mail address of the sender.", required: true},
	"Email.to":         {text: "1 to 500 e-mail addresses.", required: true},
	"Email.subject":    {text: "Subject."},
	"Email.text":       {text: "Text."},
	"Email.sent_at":    {text: momentText, required: true},
	"Email.topics":     {text: topicText},

	"Custom.properties":          {text: "The record's properties by their names; null empties one that was filled before, and one that is left out stays. At most 200."},
	"Custom.person_external_id":  {text: "External id of the person whom it is about, for a lookup."},
	"Custom.meeting_external_id": {text: "External id of the meeting that it comes from; a lookup leads to its Event."},
	"Custom.opportunity_id":      {text: "Salesforce id of the opportunity that it is about, for a lookup."},
	"Custom.owner_email":         {text: "E-mail address of who shall own the record."},
	"Edit.fields":                {text: "New values by API name of the field; null empties one.", required: true},
}
