// @camunda8/cli 4.1.0 wants version 10 of its library, of which the registry has none. Everything is that of 9.1.5, unchanged;
// what is added are the types of three ids, which 9.1.5 checks as plain texts, and an enumeration that it does not have yet.
import { TenantId } from "cluster-api-9";

export * from "cluster-api-9";
export { TenantId as GroupId, TenantId as MappingRuleId, TenantId as RoleId };
export const WaitStateTypeEnum = Object.freeze(
  Object.fromEntries(["JOB", "USER_TASK", "MESSAGE", "TIMER", "SIGNAL", "CONDITION"].map((name) => [name, name])),
);
