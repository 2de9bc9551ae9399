/** A new group, or one that is there. */
import { api } from "@shared/api/client";
import type { Group } from "@shared/api/directory";
import { useChange, useRead } from "@shared/api/queries";
import { useSay } from "@shared/components/ask";
import { Dialog, FormDialog } from "@shared/components/Dialog";
import { TextInput } from "@shared/components/fields";
import { Read } from "@shared/components/states";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface GroupDialogProps {
  edited: number | "new" | null;
  onClose: () => void;
}

export function GroupDialog({ edited, onClose }: GroupDialogProps) {
  const { t } = useTranslation();
  const isThere = typeof edited === "number";
  const group = useRead<Group>(`/groups/${edited}`, { enabled: isThere });
  if (edited === null) return null;
  if (!isThere) return <Form group={null} onClose={onClose} />;
  if (group.data?.id === edited) return <Form key={edited} group={group.data} onClose={onClose} />;
  return (
    <Dialog title={t("nav.groups")} isOpen onClose={onClose}>
      <Read from={group}>{() => null}</Read>
    </Dialog>
  );
}

function Form({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const { t } = useTranslation();
  const say = useSay();
  const [name, setName] = useState(group?.name ?? "");
  const [address, setAddress] = useState(group?.address ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [members, setMembers] = useState((group?.members ?? []).join("\n"));
  const save = useChange(
    (form: Record<string, unknown>) => (group ? api.patch(`/groups/${group.id}`, form) : api.post("/groups", form)),
    ["/groups", "/accounts", "/domains"],
  );
  return (
    <FormDialog
      title={group ? group.address : t("groups.add")}
      submit={t(group ? "do.save" : "do.create")}
      isOpen
      onClose={onClose}
      onSubmit={async () => {
        await save.mutateAsync({
          name: name.trim(),
          address: address.trim(),
          description: description.trim(),
          members: members.split(/[\s,;]+/).filter(Boolean),
        });
        say({ text: t("groups.saved", { name: address.trim() }) });
      }}
      ready={address.trim() !== ""}
    >
      <TextInput name="name" label={t("groups.name")} value={name} onChange={setName} autoFocus maxLength={200} />
      <TextInput name="address" label={t("users.address")} value={address} onChange={setAddress} maxLength={320} />
      <TextInput
        name="description"
        label={t("groups.description")}
        value={description}
        onChange={setDescription}
        maxLength={2000}
      />
      <TextInput
        name="members"
        label={t("groups.members")}
        help={t("groups.members_help")}
        rows={8}
        value={members}
        onChange={setMembers}
      />
    </FormDialog>
  );
}
