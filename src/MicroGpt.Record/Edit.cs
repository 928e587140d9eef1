using System.Text;

namespace MicroGpt.Record;

/// <summary>A change to a run, for <see cref="Run.WhatIf"/>. The kinds of change are nested in it.</summary>
public abstract record Edit
{
    private Edit()
    {
    }

    /// <summary>Sets a parameter by hand after a step; training goes on from there.</summary>
    /// <param name="Step">From 0, the random start.</param>
    /// <param name="Parameter">Its index.</param>
    /// <param name="To">Its new value.</param>
    public sealed record Weight(int Step, int Parameter, double To) : Edit;

    /// <summary>Another initial learning rate.</summary>
    /// <param name="To">Above 0.</param>
    public sealed record LearningRate(double To) : Edit;

    /// <summary>Another seed: other initial parameters, and the documents in another order.</summary>
    /// <param name="To">The seed.</param>
    public sealed record Seed(long To) : Edit;

    /// <summary>Another number of steps; the learning rate then falls faster or more slowly.</summary>
    /// <param name="To">At least 1.</param>
    public sealed record Steps(int To) : Edit;

    /// <summary>A head whose attention weights are always 0, in training and afterwards.</summary>
    /// <param name="Layer">From 0.</param>
    /// <param name="Head">From 0.</param>
    public sealed record WithoutHead(int Layer, int Head) : Edit;

    /// <summary>Steps whose document has this letter teach nothing: their gradient is 0. The vocabulary stays.</summary>
    /// <param name="Letter">A character of the vocabulary.</param>
    public sealed record WithoutLetter(Rune Letter) : Edit;

    /// <summary>Steps with this document teach nothing: their gradient is 0. The others stay as they are.</summary>
    /// <param name="Document">One of the documents.</param>
    public sealed record WithoutDocument(string Document) : Edit;

    /// <summary>One step learns another document.</summary>
    /// <param name="Step">From 1.</param>
    /// <param name="Document">Any text whose letters are in the vocabulary.</param>
    public sealed record Teach(int Step, string Document) : Edit;
}
