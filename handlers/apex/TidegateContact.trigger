trigger TidegateContact on Contact (after insert, after update, after delete, after undelete) {
    TidegateHook.tell('Contact', (Trigger.isDelete ? Trigger.oldMap : Trigger.newMap).keySet());
}
