using Microsoft.AspNetCore.Components;

namespace MicroGpt.Explorer;

/// <summary>A part of the page that is drawn again only when what it shows has changed.</summary>
public abstract class PageComponent : ComponentBase, IDisposable
{
    object? shown;

    /// <summary>
    /// The parts of a room that are drawn. It unfolds part by part when it is entered, so that no task is so long that
    /// the page stands still.
    /// </summary>
    protected int Parts { get; private set; } = 1;

    /// <summary>What is looked at.</summary>
    [Inject]
    public Visit Visit { get; set; } = null!;

    /// <summary>Everything the drawing depends on, as a tuple.</summary>
    protected abstract object Shows { get; }

    /// <summary>Whether it is drawn after the room, in a task of its own.</summary>
    protected virtual bool ComesAfter => false;

    protected override void OnInitialized() => Visit.Changed += Draw;

    protected override bool ShouldRender()
    {
        var before = shown;
        shown = (Shows, Parts);
        return !shown.Equals(before);
    }

    /// <summary>Draws the other parts of a room, each in a task of its own.</summary>
    protected async Task UnfoldAsync(int parts)
    {
        while (Parts < parts)
        {
            await Task.Delay(1);
            Parts++;
            StateHasChanged();
        }
    }

    async void Draw()
    {
        if (ComesAfter)
        {
            await Task.Delay(1);
        }
        StateHasChanged();
    }

    public void Dispose()
    {
        Visit.Changed -= Draw;
        GC.SuppressFinalize(this);
    }
}
