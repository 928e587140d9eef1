namespace MicroGpt.Record;

/// <summary>What is kept of each parameter at each step.</summary>
public enum Channel
{
    /// <summary>The parameter itself, after the step. Step 0 is the random start.</summary>
    Value,

    /// <summary>How fast the step's loss grows as the parameter grows, in nats per unit; from step 1.</summary>
    Gradient,

    /// <summary>Adam's running mean of the gradient, after the step; 0 at step 0.</summary>
    M,

    /// <summary>Adam's running mean of the squared gradient, after the step; 0 at step 0.</summary>
    V,

    /// <summary>How far the step moved the parameter: its value after the step minus that before; from step 1.</summary>
    Movement,
}
