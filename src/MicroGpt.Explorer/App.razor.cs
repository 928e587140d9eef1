using MicroGpt.Explorer.Frame;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>The frame of the page, and what keys and addresses do.</summary>
public sealed partial class App
{
    protected override void OnInitialized()
    {
        base.OnInitialized();
        if (!OperatingSystem.IsBrowser())
        {
            return;
        }
        Visit.SetTheme(Browser.IsDark());
        Visit.Follow(Browser.Address());
        sheet = room is not (Room.Move or Room.WhatIf); // they are about the number themselves
        Visit.Moved += Browser.Go;
        Browser.AddressChanged += Visit.Follow;
        Browser.ThemeChanged += Visit.SetTheme;
        Browser.Hovered += number => Visit.Peek(MapLayout.Number(Visit.Run, number));
        Browser.Picked += Pick;
        Browser.KeyPressed += Press;
        _ = Visit.TrainAsync();
    }

    void Pick(string number)
    {
        sheet = true;
        Visit.Pick(MapLayout.Number(Visit.Run, number) ?? "");
    }

    void SwitchTheme()
    {
        if (OperatingSystem.IsBrowser())
        {
            Visit.SetTheme(Browser.SwitchTheme());
        }
    }

    bool Press(Key key)
    {
        var step = key.Shift ? 10 : 1;
        switch (key.Name)
        {
            case "ArrowLeft" or "ArrowRight" or "ArrowUp" or "ArrowDown" when key.InGrid:
                Visit.MoveInPlate(key.Name);
                break;
            case "ArrowLeft" or "ArrowRight" or "ArrowUp" or "ArrowDown" when Visit.MoveInSpine(key.Name):
                break;
            case "ArrowLeft":
                Visit.GoToStep(Visit.Step - step);
                break;
            case "ArrowRight":
                Visit.GoToStep(Visit.Step + step);
                break;
            case "Home":
                Visit.GoToStep(0);
                break;
            case "End":
                Visit.GoToStep(Visit.Run.Steps);
                break;
            case " ":
                _ = Visit.PlayAsync();
                break;
            case "Enter":
                Visit.GoDown();
                break;
            case "Escape" when help:
                help = false;
                break;
            case "Escape":
                Visit.GoUp();
                break;
            case "[" or "]":
                Visit.GoToLetter(Visit.Selection.At + (key.Name == "]" ? 1 : -1));
                break;
            case "1" or "2" or "3" or "4" or "5":
                Visit.Go(selection => selection with { Room = (Room)(key.Name[0] - '1') });
                break;
            case "/" when OperatingSystem.IsBrowser():
                Browser.Focus("find");
                break;
            case "?":
                help = !help;
                break;
            default:
                return false;
        }
        StateHasChanged();
        return true;
    }
}
