using Value = Program.Value;

namespace MicroGptFile.Tests;

public class AdamTests
{
    [Fact]
    public void Two_steps_by_hand()
    {
        Value p = 1;
        var (m, v) = (new double[1], new double[1]);

        // First step, gradient 2: the corrected means are the gradient and its square, so the step is the whole rate.
        p.Grad = 2;
        Program.Adam([p], m, v, step: 0, rate: 0.01);
        Assert.Equal((1 - 0.85) * 2, m[0]);
        Assert.Equal((1 - 0.99) * 4, v[0]);
        Assert.Equal(1 - 0.01 * 2 / (2 + 1e-8), p.Data, 1e-15);
        Assert.Equal(0, p.Grad);

        // Second step, gradient -1: m = 0.85 * 0.3 - 0.15 = 0.105, v = 0.99 * 0.04 + 0.01 = 0.0496;
        // over 1 - 0.85**2 = 0.2775 and 1 - 0.99**2 = 0.0199.
        var before = p.Data;
        p.Grad = -1;
        Program.Adam([p], m, v, step: 1, rate: 0.005);
        Assert.Equal(0.105, m[0], 1e-15);
        Assert.Equal(0.0496, v[0], 1e-15);
        Assert.Equal(before - 0.005 * (0.105 / 0.2775) / (Math.Sqrt(0.0496 / 0.0199) + 1e-8), p.Data, 1e-15);
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays_but_its_means_fade()
    {
        Value p = 0.25;
        var (m, v) = (new double[] { 0 }, new double[] { 0 });
        Program.Adam([p], m, v, step: 0, rate: 0.01);
        Assert.Equal((0.25, 0, 0), (p.Data, m[0], v[0]));

        (m[0], v[0]) = (1, 1);
        Program.Adam([p], m, v, step: 1, rate: 0.01);
        Assert.Equal((0.85, 0.99), (m[0], v[0]));
        Assert.True(p.Data < 0.25, "an earlier gradient still moves the parameter");
    }

    [Fact]
    public void Every_parameter_has_its_own_means()
    {
        Value[] parameters = [1, 2, 3];
        var (m, v) = (new double[3], new double[3]);
        (parameters[0].Grad, parameters[1].Grad) = (1, -10);
        Program.Adam(parameters, m, v, step: 0, rate: 0.01);
        Assert.Equal(0.99, parameters[0].Data, 1e-9);
        Assert.Equal(2.01, parameters[1].Data, 1e-9);
        Assert.Equal(3, parameters[2].Data);
    }
}
