/**
 * What the inputs of X-Ray's served operations must be like: constraints by the name of their shape, and which
 * member is bound by which. Facts of AWS's public API model.
 */
import type { ConstraintTable } from '../constraint.ts';

export const xrayConstraints: ConstraintTable = {
  shapes: {
    AnomalyCount: { min: 0 },
    BorrowCount: { min: 0 },
    ClientID: { minLength: 24, maxLength: 24 },
    EC2InstanceId: { maxLength: 20 },
    GetGroupsNextToken: { minLength: 1, maxLength: 100 },
    GroupARN: { minLength: 1, maxLength: 400 },
    GroupName: { minLength: 1, maxLength: 32 },
    Hostname: { maxLength: 255 },
    RequestCount: { min: 0 },
    ResourceARN: { maxLength: 500 },
    RuleName: { minLength: 1, maxLength: 32 },
    SampledAnomalyCount: { min: 0 },
    SampledCount: { min: 0 },
    SamplingBoostStatisticsDocumentList: { maxLength: 25 },
    SamplingStatisticsDocumentList: { maxLength: 25 },
    SamplingStrategyName: { oneOf: ['PartialScan', 'FixedRate'] },
    ServiceName: { maxLength: 64 },
    TimeRangeType: { oneOf: ['TraceId', 'Event', 'Service'] },
    TotalCount: { min: 0 },
    TraceId: { minLength: 1, maxLength: 35 },
    TraceIdList: { element: 'TraceId' },
  },
  members: {
    BatchGetTracesRequest: { TraceIds: 'TraceIdList' },
    GetGroupsRequest: { NextToken: 'GetGroupsNextToken' },
    GetSamplingTargetsRequest: {
      SamplingStatisticsDocuments: 'SamplingStatisticsDocumentList',
      SamplingBoostStatisticsDocuments: 'SamplingBoostStatisticsDocumentList',
    },
    GetServiceGraphRequest: { GroupName: 'GroupName', GroupARN: 'GroupARN' },
    GetTraceGraphRequest: { TraceIds: 'TraceIdList' },
    GetTraceSummariesRequest: { TimeRangeType: 'TimeRangeType' },
    PutTelemetryRecordsRequest: {
      EC2InstanceId: 'EC2InstanceId',
      Hostname: 'Hostname',
      ResourceARN: 'ResourceARN',
    },
    SamplingBoostStatisticsDocument: {
      RuleName: 'RuleName',
      ServiceName: 'ServiceName',
      AnomalyCount: 'AnomalyCount',
      TotalCount: 'TotalCount',
      SampledAnomalyCount: 'SampledAnomalyCount',
    },
    SamplingStatisticsDocument: {
      RuleName: 'RuleName',
      ClientID: 'ClientID',
      RequestCount: 'RequestCount',
      SampledCount: 'SampledCount',
      BorrowCount: 'BorrowCount',
    },
    SamplingStrategy: { Name: 'SamplingStrategyName' },
  },
};
