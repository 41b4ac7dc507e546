package views

// Icons of the sprite that scripts/assets.mjs builds, by what they mean here.
const (
	IconHealth   = "health"
	IconContact  = "contact"
	IconLead     = "lead"
	IconAccount  = "account"
	IconDeal     = "deal"
	IconEvent    = "event"
	IconForecast = "forecast"
	IconSyncLog  = "log"
	IconSettings = "settings"
	IconShield   = "shield"
	IconSearch   = "search"
	IconDown     = "down"
	IconMenu     = "menu"
	IconOK       = "ok"
	IconClock    = "clock"
	IconPause    = "pause"
	IconResume   = "resume"
	IconPlug     = "plug"
	IconGauge    = "gauge"
	IconWrench   = "wrench"
	IconAgain    = "again"
	IconWarning  = "warning"
	IconCross    = "cross"
	IconCheck    = "check"
	IconInfo     = "info"
	IconLock     = "lock"
	IconEdit     = "edit"
	IconOut      = "out"
	IconDownload = "download"
	IconLink     = "link"
	IconUnlink   = "unlink"
	IconTask     = "task"
	IconEmail    = "email"
	IconCall     = "call"
	IconChat     = "chat"
	IconNote     = "note"
	IconRight    = "right"
	IconLeft     = "left"
	IconBoth     = "both"
	IconStream   = "stream"
	IconKey      = "key"
	IconMembers  = "members"
	IconPlus     = "plus"
	IconCustom   = "custom"
	IconSignOut  = "sign-out"
)

// kindIcons is the stroke drawing inside each record square.
var kindIcons = map[string]string{
	KindAccount: IconAccount,
	KindContact: IconContact,
	KindLead:    IconLead,
	KindDeal:    IconDeal,
	KindEvent:   IconEvent,
	KindTask:    IconTask,
	KindNote:    IconNote,
	KindEmail:   IconEmail,
	KindCall:    IconCall,
	KindChat:    IconChat,
}

// square returns the class and icon of a record square.
func square(kind string) (class, icon string) {
	if icon, ok := kindIcons[kind]; ok {
		return "square square-" + kind, icon
	}
	return "square square-custom", IconCustom
}
