package rest

import (
	"cmp"
	"net/http"
)

// dailyLimit is the daily allowance of API calls by edition, for the dozen
// licenses of this org.
func dailyLimit(edition string) int {
	if edition == "developer" {
		return 15_000
	}
	if edition == "unlimited" {
		return 100_000 + 12*5_000
	}
	return 100_000 + 12*1_000
}

// allowances are the limits that nothing in this org uses up, as an Enterprise
// org tells them. Which keys there are depends on the edition.
var allowances = map[string]int{
	"ActiveScratchOrgs": 40, "AnalyticsExternalDataSizeMB": 40_960, "CdpAiInferenceApiMonthlyLimit": 500_000_000,
	"ConcurrentAsyncGetReportInstances": 200, "ConcurrentEinsteinDataInsightsStoryCreation": 5,
	"ConcurrentEinsteinDiscoveryStoryCreation": 2, "ConcurrentSyncReportRuns": 20, "ContentPublicationLimit": 2_500,
	"CreditConsumptionEnergy": 1_000, "DailyAnalyticsDataflowJobExecutions": 60, "DailyAnalyticsUploadedFilesSizeMB": 51_200,
	"DailyAsyncApexExecutions": 250_000, "DailyAsyncApexTests": 500, "DailyBulkApiBatches": 15_000,
	"DailyBulkV2QueryFileStorageMB": 976_562, "DailyDeliveredPlatformEvents": 50_000,
	"DailyDurableGenericStreamingApiEvents": 10_000, "DailyDurableStreamingApiEvents": 200_000,
	"DailyEinsteinDataInsightsStoryCreation": 1_000, "DailyEinsteinDiscoveryOptimizationJobRuns": 7,
	"DailyEinsteinDiscoveryPredictAPICalls": 50_000, "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
	"DailyEinsteinDiscoveryStoryCreation": 100, "DailyFunctionsApiCallLimit": 235_000, "DailyGenericStreamingApiEvents": 10_000,
	"DailyScratchOrgs": 80, "DailyStandardVolumePlatformEvents": 10_000, "DailyStreamingApiEvents": 200_000,
	"DailyWorkflowEmails": 16_000, "DataStorageMB": 1_024, "DurableStreamingApiConcurrentClients": 1_000,
	"FileStorageMB": 10_240, "HourlyAsyncReportRuns": 1_200, "HourlyDashboardRefreshes": 200, "HourlyDashboardResults": 5_000,
	"HourlyDashboardStatuses": 999_999_999, "HourlyElevateAsyncReportRuns": 3_000, "HourlyElevateSyncReportRuns": 1_000,
	"HourlyLongTermIdMapping": 100_000, "HourlyManagedContentPublicRequests": 50_000, "HourlyODataCallout": 20_000,
	"HourlyPublishedPlatformEvents": 50_000, "HourlyPublishedStandardVolumePlatformEvents": 1_000,
	"HourlyShortTermIdMapping": 100_000, "HourlySyncReportRuns": 500, "HourlyTimeBasedWorkflow": 1_000, "MassEmail": 5_000,
	"MaxContentDocumentsLimit": 30_000_000, "MonthlyEinsteinDiscoveryStoryCreation": 500, "MonthlyPlatformEvents": 750_000,
	"MonthlyPlatformEventsUsageEntitlement": 0, "Package2VersionCreates": 6, "Package2VersionCreatesWithoutValidation": 500,
	"PlatformEventTriggersWithParallelProcessing": 5, "PrivateConnectOutboundCalloutHourlyLimitMB": 0, "PublishCallbackUsageInApex": 5_242_880,
	"SingleEmail": 5_000, "StreamingApiConcurrentClients": 1_000,
}

const deliveries = "DailyDeliveredPlatformEvents"

func allowance(most, used int) map[string]any {
	return map[string]any{"Max": most, "Remaining": max(most-used, 0)}
}

func (c *call) limits() error {
	body := make(map[string]any, len(allowances)+5)
	for name, most := range allowances {
		body[name] = allowance(most, 0)
	}
	if c.Deliveries != nil {
		most, used := c.Deliveries()
		body[deliveries] = allowance(cmp.Or(most, allowances[deliveries]), used)
	}
	body["DailyApiRequests"] = allowance(c.daily(), c.used.add(c.org.Now(), 0))
	body["DailyBulkV2QueryJobs"] = allowance(10_000, c.jobs.Used())
	// Some nest.
	sets := allowance(1_500, 2)
	sets["CreateCustom"] = allowance(1_000, 2)
	body["PermissionSets"] = sets
	c.json(http.StatusOK, body)
	return nil
}
