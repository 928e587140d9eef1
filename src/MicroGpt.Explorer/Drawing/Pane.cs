using Microsoft.AspNetCore.Components;

namespace MicroGpt.Explorer.Drawing;

/// <summary>A part of the page that is drawn again only when what it shows has changed.</summary>
public abstract class Pane : ComponentBase, IDisposable
{
    object? shown;

    /// <summary>What is looked at.</summary>
    [Inject]
    public Visit Visit { get; set; } = null!;

    /// <summary>Everything the drawing depends on, as a tuple.</summary>
    protected abstract object Shows { get; }

    protected override void OnInitialized() => Visit.Changed += StateHasChanged;

    protected override bool ShouldRender()
    {
        var before = shown;
        shown = Shows;
        return !shown.Equals(before);
    }

    public void Dispose()
    {
        Visit.Changed -= StateHasChanged;
        GC.SuppressFinalize(this);
    }
}
