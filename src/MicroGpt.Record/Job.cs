using System.Diagnostics;

namespace MicroGpt.Record;

/// <summary>A long computation done in slices, so that the thread it runs on stays free for its user.</summary>
/// <remarks>Call <see cref="Advance"/> until it returns true, and let the user act in between. Not thread-safe.</remarks>
public abstract class Job
{
    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The fraction done, from 0 to 1.</summary>
    public abstract double Progress { get; }

    /// <summary>Works until the slice is over. At least one piece is done, and none is interrupted.</summary>
    /// <param name="slice">How long, such as 24 ms.</param>
    /// <returns><see cref="IsDone"/>.</returns>
    public bool Advance(TimeSpan slice)
    {
        var start = Stopwatch.GetTimestamp();
        while (!IsDone)
        {
            IsDone = !Next();
            if (Stopwatch.GetElapsedTime(start) >= slice)
            {
                break;
            }
        }
        return IsDone;
    }

    /// <summary>Does everything that is left, at once.</summary>
    public void Finish() => Advance(TimeSpan.MaxValue);

    /// <summary>Does one piece; false if that was the last.</summary>
    private protected abstract bool Next();
}
