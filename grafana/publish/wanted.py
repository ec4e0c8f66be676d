"""Everything that shall be in a Grafana, in the order in which one thing needs another."""

from grafana import names, objects
from grafana.alerts import build
from grafana.publish.alerting import ContactPoint, MuteTiming, Policy, RuleGroup
from grafana.publish.shown import Dashboard, DataSource, Folder, Playlist
from grafana.publish.thing import Thing
from grafana.settings import WallSettings
from grafana.words import LANGUAGES


def wanted(settings: WallSettings, *, signs: bool, with_secrets: bool = False) -> list[Thing]:
    """List everything, in the order in which one thing needs another.

    Args:
        settings: of this regency.
        signs: whether this Grafana signs webhooks.
        with_secrets: whether passwords and secrets are written again, changed or not.
    """
    listed: list[Thing] = [Folder(uid, title) for uid, title in objects.folders()]
    listed.append(DataSource(objects.datasource(settings), with_secrets))
    for language in LANGUAGES:
        folder = names.FOLDERS[language][0]
        listed += [Dashboard(board, folder) for board in objects.boards(settings, language)]
    listed.append(MuteTiming(build.mute_timing(settings)))
    listed.append(ContactPoint(build.contact_point(settings, signs=signs), with_secrets))
    listed.append(Policy(build.route()))
    listed += [RuleGroup(group) for group in build.groups(settings)]
    return [*listed, Playlist(objects.playlist())]
